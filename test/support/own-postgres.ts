import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { freePort } from './free-port.js';

/** A PostgreSQL of one suite, which may stop or starve it. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly server: EmbeddedPostgres,
    readonly url: string,
  ) {}

  /** At a port that stays unused while it is stopped. */
  static async open(): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-e2e-'));
    await writeFile(join(folder, 'port'), String(await freePort()));
    const server = new EmbeddedPostgres(folder);
    return new OwnPostgres(folder, server, await server.start());
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** After `stop`, at the same address. */
  async start(): Promise<void> {
    await this.server.start();
  }

  async remove(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
