import { transform } from '@swc/core';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let made: Promise<string> | null = null;

/** The project as JavaScript, in a folder from which processes are started; made once a process, deleted with it. */
export function transpiledProject(): Promise<string> {
  return (made ??= makeProject());
}

async function makeProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-project-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await transpileInto(folder);
  await symlink(join(ROOT, 'prisma'), join(folder, 'prisma'));
  return folder;
}

/** Writes the sources and the test support there as JavaScript; the folder of migrations is left to the caller. */
export async function transpileInto(folder: string): Promise<void> {
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const room of ['src', join('test', 'support')])
    for (const name of await readdir(join(ROOT, room), { recursive: true }))
      await transpileFile(join(room, name), folder);
}

async function transpileFile(file: string, folder: string): Promise<void> {
  const from = join(ROOT, file);
  const to = join(folder, file);
  if (/\.(?:spec|fixture)\.ts$/.test(file) || !/\.[a-z]+$/.test(file)) return;
  await mkdir(dirname(to), { recursive: true });
  if (!file.endsWith('.ts')) return await cp(from, to);
  const { code } = await transform(await readFile(from, 'utf8'), {
    filename: from,
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
      keepClassNames: true,
    },
  });
  await writeFile(to.replace(/\.ts$/, '.js'), code);
}
