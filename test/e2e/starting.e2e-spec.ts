import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { transpiledProject } from '../support/transpiled.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { EmbeddedFolder, MainProcess } from '../support/main-process.js';

// Starting processes takes most of it.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

let program: string;
let folder: EmbeddedFolder;
const started: MainProcess[] = [];

beforeAll(async () => {
  program = join(await transpiledProject(), 'src', 'main.js');
});

beforeEach(async () => {
  folder = await EmbeddedFolder.make();
});

afterEach(async () => {
  for (const main of started.splice(0)) await main.kill();
  await eventually(async () => expect(await folder.isServed()).toBe(false));
  await folder.remove();
});

function start(more: Environment = {}): MainProcess {
  const main = MainProcess.start(program, folder.env(more), folder.path);
  started.push(main);
  return main;
}

describe('A process with a simulated Telegram', () => {
  it('refuses its database to every other process, and names its address', async () => {
    const url = await start().url();
    const real = {
      TELEGRAM_BOT_TOKEN: '123456:a-token-of-the-tests',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    };
    for (const second of [start(), start(real)]) {
      expect(await second.ended()).toBe(1);
      expect(second.errors).toContain(`with a simulated Telegram: ${url}\n`);
    }
    expect(await fetch(`${url}/health/ready`).then(({ status }) => status)).toBe(200);
  });

  it('releases the database when it ends', async () => {
    const first = start();
    await first.url();
    await first.kill();
    await start().url();
  });
});

describe('A process that ends', () => {
  it('stops the embedded database when the terminal is closed', async () => {
    const main = start();
    await main.url();
    main.child.kill('SIGHUP');
    expect(await main.ended()).toBe(0);
    expect(await folder.isServed()).toBe(false);
  });

  it('stops the embedded database when its output has no reader any more', async () => {
    const main = start();
    const url = await main.url();
    main.child.stdout?.destroy();
    // Leaves a line in the log.
    await fetch(`${url}/admin/turns`);
    expect(await main.ended()).toBe(0);
    expect(await folder.isServed()).toBe(false);
  });

  it('stops the embedded database when Ctrl-C reaches it from the terminal, nest and npm at once', async () => {
    const main = start();
    await main.url();
    for (let count = 0; count < 3; count += 1) main.child.kill('SIGINT');
    await main.line('stopping');
    main.child.kill('SIGINT');
    expect(await main.ended()).toBe(0);
    expect(await folder.isServed()).toBe(false);
  });

  it('ends with the npm that started it, however that ends', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const npm = await MainProcess.startByNpm(program, folder.env(), folder.path);
      started.push(npm);
      const url = await npm.url();
      npm.child.kill(signal);
      await eventually(() => expect(fetch(`${url}/health/live`)).rejects.toThrow());
      await eventually(async () => expect(await folder.isServed()).toBe(false));
    }
  });

  it('ends in order when it is stopped while it waits for a database', async () => {
    const url = `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`;
    const main = start({ DATABASE_URL: url });
    await main.line('database not reachable yet, waiting');
    main.child.kill('SIGTERM');
    expect(await main.ended()).toBe(0);
    expect(main.errors).toBe('');
  });
});

describe('A process that cannot start', () => {
  it('reports in one line that its port is in use, and leaves no embedded database running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const main = start({ PORT: port });
    expect(await main.ended()).toBe(1);
    expect(main.errors).toBe(
      `cannot listen on HOST=127.0.0.1 PORT=${port}: another process listens there; PORT=0 picks a free port\n`,
    );
    expect(await folder.isServed()).toBe(false);
    other.close();
  });
});
