import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { inspectPostmaster, readPostmasterFile } from './postmaster-file.js';

let folder: string;
const started: EmbeddedPostgres[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-embedded-'));
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One process's view of the folder. */
function newServer(at = folder): EmbeddedPostgres {
  const server = new EmbeddedPostgres(at, { max_connections: '20', shared_buffers: '16MB' });
  started.push(server);
  return server;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

/** Until the server has exactly one process that uses it. */
async function oneIsPresent(url: string): Promise<void> {
  const presences = `SELECT count(*)::int AS answer FROM pg_stat_activity WHERE application_name ~ 'presence'`;
  await eventually(async () => expect(await ask(url, presences)).toBe(1));
}

async function serverPid(at = folder): Promise<number> {
  const pid = (await readPostmasterFile(join(at, 'data')))?.pid;
  if (pid === undefined) throw new Error('no server runs');
  return pid;
}

/** A killed application's server ends as a zombie if no process collects orphans: that counts as stopped. */
async function isServing(pid: number): Promise<boolean> {
  return (await inspectPostmaster(pid, join(folder, 'data'))) === 'serving';
}

describe('EmbeddedPostgres', () => {
  it('starts on an empty folder, keeps its data and its address, and stops with its only process', async () => {
    const first = newServer();
    const url = await first.start();
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = await serverPid();
    await first.stop();
    expect(await isServing(pid)).toBe(false);

    const again = await newServer().start();
    expect(again).toBe(url);
    expect(await ask(again, 'SELECT answer FROM kept')).toBe(42);
  });

  it('is durable, speaks UTF-8 and listens on loopback only', async () => {
    const url = await newServer().start();
    expect(await ask(url, `SELECT current_setting('fsync') AS answer`)).toBe('on');
    expect(await ask(url, `SELECT current_setting('server_encoding') AS answer`)).toBe('UTF8');
    expect(await ask(url, `SELECT lower('ПРИВЕТ Ä') AS answer`)).toBe('привет ä');
    expect(await ask(url, `SELECT current_setting('listen_addresses') AS answer`)).toBe('127.0.0.1');
    expect(await ask(url, `SELECT current_setting('unix_socket_directories') AS answer`)).toBe('');
  });

  it('refuses connections without the password, which only its owner can read', async () => {
    const url = new URL(await newServer().start());
    url.password = 'wrong';
    await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(folder, 'data', 'turnpike.password'))).mode & 0o077).toBe(0);
    expect((await stat(join(folder, 'data'))).mode & 0o077).toBe(0);
  });

  it('serves all processes that start at once on an empty folder with one server, and stops with the last', async () => {
    const servers = [newServer(), newServer(), newServer()];
    const urls = await Promise.all(servers.map((server) => server.start()));
    expect(new Set(urls).size).toBe(1);
    const pid = await serverPid();
    const [first, ...others] = servers;
    await first?.stop();
    expect(await ask(urls[0] ?? '', 'SELECT 1 AS answer')).toBe(1);
    await Promise.all(others.map((server) => server.stop()));
    expect(await isServing(pid)).toBe(false);
  });

  it('waits for a server that is being stopped, and starts it again', async () => {
    const first = newServer();
    const url = await first.start();
    const [, again] = await Promise.all([first.stop(), newServer().start()]);
    expect(again).toBe(url);
    expect(await ask(again, 'SELECT 1 AS answer')).toBe(1);
  });

  it('finds and keeps the server of an application that was killed', async () => {
    const { child, url } = await startInChild();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const pid = await serverPid();

    const heir = newServer();
    expect(await heir.start()).toBe(url);
    expect(await serverPid()).toBe(pid);
    await oneIsPresent(url);
    await heir.stop();
    expect(await isServing(pid)).toBe(false);
  });

  it('recovers when server and application were both killed', async () => {
    const { child, url } = await startInChild();
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    child.kill('SIGKILL');
    await once(child, 'exit');
    process.kill(await serverPid(), 'SIGKILL');
    const again = await newServer().start();
    expect(await ask(again, 'SELECT answer FROM kept')).toBe(42);
  });

  it('starts over a postmaster.pid whose process is gone, or is another program by now', async () => {
    const first = newServer();
    await first.start();
    const file = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8');
    await first.stop();
    for (const pid of [4_194_305, process.ppid]) {
      await writeFile(join(folder, 'data', 'postmaster.pid'), file.replace(/^\d+/, String(pid)));
      const next = newServer();
      expect(await ask(await next.start(), 'SELECT 1 AS answer')).toBe(1);
      await next.stop();
    }
  });

  it('starts the server again at the same address when it dies under its application', async () => {
    const url = await newServer().start();
    const pid = await serverPid();
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(await ask(url, 'SELECT 1 AS answer')).toBe(1));
    expect(await serverPid()).not.toBe(pid);
  });

  it('restarts the server, instead of leaving that to PostgreSQL, when one of its processes crashes', async () => {
    const url = await newServer().start();
    const pid = await serverPid();
    const checkpointer = `SELECT pid AS answer FROM pg_stat_activity WHERE backend_type = 'checkpointer'`;
    process.kill(Number(await ask(url, checkpointer)), 'SIGKILL');
    await eventually(async () => expect(await ask(url, 'SELECT 1 AS answer')).toBe(1));
    // Until it has noticed, the former one may have answered.
    await eventually(async () => expect(await isServing(pid)).toBe(false));
    expect(await serverPid()).not.toBe(pid);
  });

  it('stays a user of the server when its connection is cut', async () => {
    const server = newServer();
    const url = await server.start();
    const pid = await serverPid();
    await ask(
      url,
      'SELECT pg_terminate_backend(pid) AS answer FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
    );
    await oneIsPresent(url);
    await server.stop();
    expect(await isServing(pid)).toBe(false);
  });

  it('leaves no server running when it is stopped while it restarts one', async () => {
    const server = newServer();
    await server.start();
    process.kill(await serverPid(), 'SIGKILL');
    await vi.waitFor(async () => expect(await isServing(await serverPid())).toBe(false), {
      timeout: 20_000,
      interval: 2,
    });
    // Waits until the replacement has begun.
    await vi.waitFor(async () => expect(await isServing(await serverPid())).toBe(true), {
      timeout: 20_000,
      interval: 2,
    });
    await server.stop();
    expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'starts the server outside its process tree, so that ending the application with its children leaves it',
    async () => {
      await newServer().start();
      const [, parent] =
        /^\d+ \(.*\) \w (\d+)/s.exec(await readFile(`/proc/${await serverPid()}/stat`, 'utf8')) ?? [];
      expect([process.pid, process.ppid]).not.toContain(Number(parent));
    },
  );

  it('works under a folder that is closed to others', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const server = newServer(join(closed, 'a', 'b'));
    expect(await ask(await server.start(), 'SELECT 1 AS answer')).toBe(1);
    await server.stop();
  });

  it('names a folder that it cannot use, and leaves no files behind', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(newServer(join(file, 'x')).start()).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_FOLDER',
      message: expect.stringContaining(file),
    });
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'holiday.jpg'), '');
    await expect(newServer().start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_FOLDER' });
    expect(existsSync(join(folder, 'data', 'holiday.jpg'))).toBe(true);
  });
});

/** An application of its own process, which can be killed. */
async function startInChild() {
  const program = new URL('../../../test/support/embedded-server.mjs', import.meta.url);
  const child = fork(program, [folder], { execArgv: [] });
  const [url] = await once(child, 'message');
  return { child, url: String(url) };
}
