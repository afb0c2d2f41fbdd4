import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';

const run = promisify(execFile);
const UP_WITHIN_MS = 60_000;
const NAME = 'turnpike';
const PASSWORD = 'of-the-tests';

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '250',
  wal_level: 'replica',
  max_wal_senders: '5',
  hot_standby: 'on',
  // So that the oracle knows when a step was finished.
  track_commit_timestamp: 'on',
  timezone: 'UTC',
};

/** A PostgreSQL server of Debian's that may be a primary or follow one. It refuses to run as root. */
export class ReplicaServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly binaries: string,
    private readonly folder: string,
    readonly port: number,
    private readonly account: { readonly uid: number; readonly gid: number } | null,
  ) {}

  /** A new database cluster. @param settings over those of every server */
  static async primary(binaries: string, settings: Readonly<Record<string, string>>): Promise<ReplicaServer> {
    const server = await ReplicaServer.prepare(binaries);
    await writeFile(join(server.folder, 'password'), PASSWORD);
    await server.program('initdb', [
      `--pgdata=${server.data}`,
      `--username=${NAME}`,
      '--auth=scram-sha-256',
      `--pwfile=${join(server.folder, 'password')}`,
      '--encoding=UTF8',
      '--no-sync',
    ]);
    await server.start(settings);
    return server;
  }

  /** A copy of the primary that follows it. @param primaryUrl may lead through a proxy that can fall silent */
  static async standby(binaries: string, primaryUrl: string): Promise<ReplicaServer> {
    const server = await ReplicaServer.prepare(binaries);
    await server.program('pg_basebackup', [
      `--pgdata=${server.data}`,
      `--dbname=${primaryUrl}`,
      '--wal-method=stream',
      '--checkpoint=fast',
      '--write-recovery-conf',
      '--no-sync',
    ]);
    await server.start({});
    return server;
  }

  get url(): string {
    return `postgresql://${NAME}:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  async sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** As after a power loss of its machine: kill -9 of the server and of all its processes. */
  async crash(): Promise<void> {
    const { child } = this;
    if (!child?.pid) return;
    const exit = once(child, 'exit');
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    for (const pid of [child.pid, ...children.trim().split(' ').filter(Boolean).map(Number)]) killNow(pid);
    await exit;
    this.child = null;
  }

  /** Stops following, and accepts writes. */
  async promote(): Promise<void> {
    await this.sql('SELECT pg_promote(true, 60)');
    await eventually(async () => {
      const [row] = await this.sql<{ following: boolean }>('SELECT pg_is_in_recovery() AS following');
      if (row?.following !== false) throw new Error('it still follows');
    });
  }

  async remove(): Promise<void> {
    await this.crash();
    await rm(this.folder, { recursive: true, force: true });
  }

  async log(): Promise<string> {
    return await readFile(join(this.folder, 'server.log'), 'utf8');
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private static async prepare(binaries: string): Promise<ReplicaServer> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-failover-'));
    const account = process.getuid?.() === 0 ? await accountOf('postgres') : null;
    if (account) await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o700);
    return new ReplicaServer(binaries, folder, await freePort(), account);
  }

  private async program(name: string, args: readonly string[]): Promise<void> {
    await run(join(this.binaries, name), [...args], { cwd: this.folder, ...this.account });
  }

  private async start(settings: Readonly<Record<string, string>>): Promise<void> {
    const log = await open(join(this.folder, 'server.log'), 'a');
    const given = Object.entries({ ...SETTINGS, ...settings, port: String(this.port) });
    const args = given.flatMap(([setting, value]) => ['-c', `${setting}=${value}`]);
    const child = spawn(join(this.binaries, 'postgres'), ['-D', this.data, ...args], {
      cwd: this.folder,
      stdio: ['ignore', log.fd, log.fd],
      ...this.account,
    });
    await log.close();
    this.child = child;
    const killNow = () => void child.kill('SIGKILL');
    process.once('exit', killNow);
    child.once('exit', () => process.removeListener('exit', killNow));
    await eventually(() => this.sql('SELECT 1'), { withinMs: UP_WITHIN_MS });
  }
}

async function accountOf(name: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no account ${name}`);
  return { uid: Number(uid), gid: Number(gid) };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
