import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { GiveUpError, messageOf } from '../errors/errors.js';
import { type Cluster, PROGRAM_ENV } from './cluster.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import {
  inspectPostmaster,
  isRunning,
  type PostmasterFile,
  type PostmasterProcess,
  readPostmasterFile,
} from './postmaster-file.js';
import { planLaunch } from './server-account.js';
import { spawnApart } from './spawn-apart.js';

const POLL_MS = 20;
const FAST_STOP_MS = 15_000;
const IMMEDIATE_STOP_MS = 5_000;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // A socket's path may have 107 bytes, and a project's folder is often deeper.
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '128MB',
  // No standby replicates from here.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  // The application does that: on a full disk a server that restarts itself was seen to stay in recovery for good.
  restart_after_crash: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // People's messages do not belong in a log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** The server process of one data folder, whoever started it. PostgreSQL's own lock files ensure that there is one. */
export class PostgresServer {
  readonly logFile: string;
  private readonly logger = new Logger(PostgresServer.name);
  private readonly portFile: string;

  constructor(
    folder: string,
    private readonly cluster: Cluster,
    private readonly binaries: PostgresBinaries,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.logFile = join(folder, 'server.log');
    this.portFile = join(folder, 'port');
  }

  /**
   * Finds the running server, or starts one, and resolves with its port once it accepts connections.
   * @throws GiveUpError when there is none by `deadline` (of `performance.now()`), or it refuses to start
   */
  async serve(deadline: number): Promise<number> {
    for (let failures = 0; ;) {
      const { file, found } = await this.inspect();
      if (file && found === 'serving') {
        if (file.state === 'ready' && file.port !== null) return file.port;
        if (performance.now() > deadline)
          throw this.failed(`process ${file.pid} is ${file.state} for too long`);
        await pause(POLL_MS);
        continue;
      }
      const started = await this.launch(file && found === 'stranger' ? file.pid : null, deadline);
      if (started !== null) return started;
      if ((await this.inspect()).found === 'serving') continue; // another process was faster
      // A killed server's children may hold its memory for a moment, and another program may take the port meanwhile.
      failures += 1;
      if (failures > 5 || performance.now() > deadline) throw this.failed(await this.lastLines());
      await pause(100 * 2 ** failures);
    }
  }

  /**
   * Fast shutdown: open transactions are rolled back. A server that hangs is killed as by a crash, which loses nothing.
   */
  async stop(): Promise<void> {
    const { file, found } = await this.inspect();
    if (!file || found !== 'serving') return;
    process.kill(file.pid, 'SIGINT');
    if (await this.gone(file.pid, FAST_STOP_MS)) return;
    this.logger.warn({ msg: 'embedded PostgreSQL does not stop, ending it', pid: file.pid });
    process.kill(file.pid, 'SIGQUIT');
    await this.gone(file.pid, IMMEDIATE_STOP_MS);
  }

  private async inspect(): Promise<{ file: PostmasterFile | null; found: PostmasterProcess }> {
    const file = await readPostmasterFile(this.cluster.dataFolder);
    return { file, found: file ? await inspectPostmaster(file.pid, this.cluster.dataFolder) : 'gone' };
  }

  /** Starts a server; null when it gave up. `stranger`: a living process that an old postmaster.pid names by mistake. */
  private async launch(stranger: number | null, deadline: number): Promise<number | null> {
    const begun = performance.now();
    const port = await this.choosePort();
    const pid = await this.spawn(port, stranger);
    while (await isRunning(pid)) {
      const file = await readPostmasterFile(this.cluster.dataFolder);
      if (file?.pid === pid && file.state === 'ready') {
        // Written only when it changes: on a full disk the old one would be lost.
        if (port !== (await this.lastPort())) await writeFile(this.portFile, String(port));
        this.logger.log({
          msg: 'embedded PostgreSQL started',
          pid,
          port,
          ms: Math.round(performance.now() - begun),
        });
        return port;
      }
      if (performance.now() > deadline) {
        process.kill(pid, 'SIGQUIT');
        throw this.failed(await this.lastLines());
      }
      await pause(POLL_MS);
    }
    return null;
  }

  private async spawn(port: number, stranger: number | null): Promise<number> {
    const settings = Object.entries({ ...SETTINGS, ...this.settings, port: String(port) });
    const args = [
      '-D',
      this.cluster.dataFolder,
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const launch = await planLaunch(this.binaries.postgres, args, this.cluster.account, [
      this.cluster.dataFolder,
    ]);
    const log = await this.openLog();
    try {
      // PostgreSQL considers a postmaster.pid old when it names an ancestor of the starting process (miscinit.c,
      // CreateLockFile). Starting it so lets it replace the file under its own lock; deleting the file here could hit a
      // new one.
      const env = stranger === null ? PROGRAM_ENV : { ...PROGRAM_ENV, PG_GRANDPARENT_PID: String(stranger) };
      return await spawnApart(launch, env, log.fd);
    } catch (error) {
      throw this.failed(`${launch.command}: ${messageOf(error)}`);
    } finally {
      await log.close();
    }
  }

  private async openLog() {
    const size = await stat(this.logFile).then(
      (found) => found.size,
      () => 0,
    );
    if (size > LOG_LIMIT_BYTES) await rename(this.logFile, `${this.logFile}.old`);
    return open(this.logFile, 'a', 0o600);
  }

  /** The last port, so that noted addresses stay valid, or any unused one. */
  private async choosePort(): Promise<number> {
    const last = await this.lastPort();
    return (last !== null && (await freePort(last))) || (await freePort(0)) || 0;
  }

  private async lastPort(): Promise<number | null> {
    const last = Number(await readFile(this.portFile, 'utf8').catch(() => ''));
    return Number.isInteger(last) && last > 0 && last < 65_536 ? last : null;
  }

  private async gone(pid: number, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while ((await inspectPostmaster(pid, this.cluster.dataFolder)) === 'serving') {
      if (performance.now() > deadline) return false;
      await pause(POLL_MS);
    }
    return true;
  }

  private async lastLines(): Promise<string> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return log.trimEnd().split('\n').slice(-6).join('\n');
  }

  private failed(why: string): GiveUpError {
    return new GiveUpError(
      'EMBEDDED_POSTGRES_START',
      `the embedded PostgreSQL did not start: ${why}`,
      `See ${this.logFile}; or set DATABASE_URL to a PostgreSQL server.`,
    );
  }
}

/** The number of loopback port `port`, or of any unused one for 0; null if it is in use. */
function freePort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
