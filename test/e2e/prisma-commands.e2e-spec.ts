import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EmbeddedFolder } from '../support/main-process.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { ROOT, transpiledProject } from '../support/transpiled.js';

vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

let project: string;
let folder: EmbeddedFolder;

beforeAll(async () => {
  project = await transpiledProject();
  await cp(join(ROOT, 'prisma.config.ts'), join(project, 'prisma.config.ts'));
});
beforeEach(async () => {
  folder = await EmbeddedFolder.make();
});
afterEach(() => folder.remove());

// Of Prisma's commands this is the one that needs no program fetched first.
describe('npm run db:studio', () => {
  it('shows the embedded database, and takes it along when it ends', async () => {
    const port = await freePort();
    const script = join(project, 'src', 'platform', 'database', 'run-prisma.js');
    const studio = spawn(process.execPath, [script, 'studio', '--port', String(port), '--browser', 'none'], {
      env: { PATH: process.env['PATH'], HOME: folder.path, ...folder.env() },
    });
    let printed = '';
    for (const stream of [studio.stdout, studio.stderr])
      stream.on('data', (text) => (printed += String(text)));
    const ended = once(studio, 'exit');
    await eventually(
      async () =>
        expect((await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.status, printed).toBe(200),
      { withinMs: 100_000 },
    );
    expect(await folder.isServed()).toBe(true);
    studio.kill('SIGTERM');
    await ended;
    expect(await folder.isServed()).toBe(false);
  });
});
