import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { FreezableProxy } from '../freezable-proxy.js';
import type { Strike } from '../strikes.js';
import { ReplicaServer } from './replica-server.js';

/** The most that a standby may lack of acknowledged commits. */
export type Replication = 'synchronous' | 'asynchronous';

/** A primary and a standby that streams from it. Clients have one address, which leads to the present primary. */
export class ReplicatedPostgres {
  readonly strikes: Strike[] = [];
  private failedOver = false;

  private constructor(
    private readonly primary: ReplicaServer,
    private readonly standby: ReplicaServer,
    /** The proxy between the two. */
    private readonly stream: FreezableProxy,
    private readonly address: FreezableProxy,
  ) {}

  static async start(binaries: string, replication: Replication): Promise<ReplicatedPostgres> {
    const primary = await ReplicaServer.primary(binaries, {});
    const stream = await FreezableProxy.to(primary.url);
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
    return new ReplicatedPostgres(primary, standby, stream, await FreezableProxy.to(primary.url));
  }

  get url(): string {
    return this.address.url;
  }

  async sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await (this.failedOver ? this.standby : this.primary).sql<Row>(text, values);
  }

  /** The standby falls behind: later commits do not reach it. Resolves after `lagMs`. */
  async lag(lagMs: number): Promise<void> {
    this.strikes.push({ kind: 'lag', caller: null, from: Date.now(), until: Number.POSITIVE_INFINITY });
    this.stream.freeze();
    await pause(lagMs);
  }

  /** Kills the primary, promotes the standby, and leads clients there. */
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

  /** It has no faults of its own. */
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
