import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { FreezableRoad } from '../freezable-road.js';
import type { Strike } from '../strikes.js';
import { ReplicaServer } from './replica-server.js';

/** How much a standby may lack of what clients were told is committed. */
export type Replication = 'synchronous' | 'asynchronous';

/** A primary and a standby that streams from it. Clients know one address, which leads to whichever is the primary. */
export class ReplicatedPostgres {
  readonly strikes: Strike[] = [];
  private failedOver = false;

  private constructor(
    private readonly primary: ReplicaServer,
    private readonly standby: ReplicaServer,
    /** Between the two of them. */
    private readonly stream: FreezableRoad,
    private readonly address: FreezableRoad,
  ) {}

  static async start(binaries: string, replication: Replication): Promise<ReplicatedPostgres> {
    const primary = await ReplicaServer.primary(binaries, {});
    const stream = await FreezableRoad.to(primary.url);
    const standby = await ReplicaServer.standby(binaries, stream.url);
    if (replication === 'synchronous') {
      // Only now: without a standby it would wait for one.
      await primary.sql(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
      await primary.sql('SELECT pg_reload_conf()');
    }
    const expected = replication === 'synchronous' ? 'sync' : 'async';
    await eventually(async () => {
      const [row] = await primary.sql<{ state: string }>(
        'SELECT sync_state AS state FROM pg_stat_replication',
      );
      if (row?.state !== expected) throw new Error(`the standby is ${row?.state ?? 'not there'}`);
    });
    return new ReplicatedPostgres(primary, standby, stream, await FreezableRoad.to(primary.url));
  }

  get url(): string {
    return this.address.url;
  }

  async sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await (this.failedOver ? this.standby : this.primary).sql<Row>(text, values);
  }

  /** The standby falls behind: what is committed from now on does not reach it. Resolves after `lagMs`. */
  async lag(lagMs: number): Promise<void> {
    this.strikes.push({ kind: 'lag', caller: null, from: Date.now(), until: Number.POSITIVE_INFINITY });
    this.stream.freeze();
    await pause(lagMs);
  }

  /** Kills the primary, makes the standby the new one, and leads clients there. */
  async failOver(): Promise<void> {
    const strike: Strike = {
      kind: 'database',
      caller: null,
      from: Date.now(),
      until: Number.POSITIVE_INFINITY,
    };
    await this.primary.crash();
    for (const lag of this.strikes) lag.until = Date.now();
    this.strikes.push(strike);
    await this.standby.promote();
    this.failedOver = true;
    this.address.leadTo(this.standby.url);
    strike.until = Date.now();
  }

  /** Nothing goes wrong with it by itself. */
  heal(): Promise<void> {
    return Promise.resolve();
  }

  async keepLog(path: string): Promise<void> {
    await writeFile(path, `${await this.primary.log()}\n--- the standby\n${await this.standby.log()}`);
  }

  async close(): Promise<void> {
    await Promise.all([this.address.close(), this.stream.close()]);
    await this.standby.remove();
    await this.primary.remove();
  }
}
