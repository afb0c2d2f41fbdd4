import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-builds-'));
  await mkdir(join(folder, 'prisma'));
  for (const file of [
    'package.json',
    'prisma.config.ts',
    'prisma/schema.prisma',
    'prisma/generate-if-changed.mjs',
  ])
    await cp(file, join(folder, file));
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

const client = () => join(folder, 'src/generated/prisma/client.ts');
/** As `npm start` does before it builds. @returns when the client was written last */
async function generate(): Promise<number> {
  const script = join(folder, 'prisma/generate-if-changed.mjs');
  await promisify(execFile)(process.execPath, [script], { cwd: folder });
  return (await stat(client())).mtimeMs;
}

describe('What a start builds', () => {
  it('is Prisma’s client where there is none or its schema has changed, and not again', async () => {
    const first = await generate();
    expect(await generate()).toBe(first);
    const later = new Date(Date.now() + 5_000);
    await utimes(join(folder, 'prisma/schema.prisma'), later, later);
    expect(await generate()).toBeGreaterThan(first);
    await rm(join(folder, 'src/generated/prisma'), { recursive: true });
    expect(await generate()).toBeGreaterThan(first);
  });

  it('is translated by swc, which checks no types, in every command that runs the sources', async () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      await readFile('package.json', 'utf8'),
    );
    const cli: { compilerOptions: { builder: { type: string } } } = JSON.parse(
      await readFile('nest-cli.json', 'utf8'),
    );
    expect(cli.compilerOptions.builder.type).toBe('swc');
    for (const name of ['start', 'dev', 'predemo', 'precli']) {
      expect(scripts[name], name).not.toMatch(/--builder|prisma generate|npm run build/);
      expect(`${scripts[`pre${name}`] ?? ''} ${scripts[name]}`, name).toMatch(
        /generate-if-changed|npm run prestart/,
      );
    }
  });
});
