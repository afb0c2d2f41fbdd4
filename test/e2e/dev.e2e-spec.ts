import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { EmbeddedFolder, MainProcess } from '../support/main-process.js';
import { ROOT } from '../support/transpiled.js';

// A build and two starts.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 60_000 });
const patience = { withinMs: 60_000 };

/** All that `npm run dev` reads. */
const PROJECT = ['src', 'prisma', 'package.json', 'nest-cli.json', 'prisma.config.ts', 'tsconfig.json'];

let project: string;
let folder: EmbeddedFolder;
let dev: MainProcess;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'turnpike-dev-'));
  for (const name of [...PROJECT, 'tsconfig.build.json'])
    await cp(join(ROOT, name), join(project, name), { recursive: true, preserveTimestamps: true });
  await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  folder = await EmbeddedFolder.make();
});

afterEach(async () => {
  await dev.kill();
  await eventually(async () => expect(await folder.isServed()).toBe(false), patience);
  await folder.remove();
  await rm(project, { recursive: true });
});

const kept = (file: string) => readFile(join(folder.path, 'data', file), 'utf8');

it('`npm run dev` serves changed sources with the same admin key, and stops the database in order', async () => {
  const port = await freePort();
  dev = MainProcess.startScript('dev', folder.env({ PORT: String(port) }), project);
  const url = await dev.url();
  const shown = (): Promise<unknown> => fetch(url).then((answer) => answer.json());
  expect(await shown()).toMatchObject({ name: 'turnpike' });
  const key = await kept('admin-key');

  const file = join(project, 'src', 'platform', 'http', 'root.controller.ts');
  await writeFile(file, (await readFile(file, 'utf8')).replace("name: 'turnpike'", "name: 'changed'"));

  await eventually(async () => expect(await shown()).toMatchObject({ name: 'changed' }), patience);
  const answer = await fetch(`${url}/admin/turns`, { headers: { authorization: `Bearer ${key.trim()}` } });
  expect(answer.status).toBe(200);
  // The kill of a process tree would reach the server as a request for a smart shutdown, and each of its sessions.
  const log = await kept(join('postgres', 'server.log'));
  expect(log).toContain('received fast shutdown request');
  expect(log).not.toContain('smart shutdown');
});
