// `prisma generate`, where the schema is newer than what was generated from it, or Prisma itself is another: it takes
// seconds, and a start need not wait for it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = createRequire(import.meta.url)('prisma/package.json');
const [schema, client, mark] = [
  'schema.prisma',
  '../src/generated/prisma/client.ts',
  '../src/generated/prisma.version',
].map(at);

const isFresh =
  existsSync(client) &&
  existsSync(mark) &&
  readFileSync(mark, 'utf8') === version &&
  statSync(schema).mtimeMs <= statSync(mark).mtimeMs;

if (!isFresh) {
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');
  execFileSync(process.execPath, [prisma, 'generate'], { stdio: 'inherit', cwd: at('..') });
  writeFileSync(mark, version);
}
