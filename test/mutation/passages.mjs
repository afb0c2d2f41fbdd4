import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LINES = 12;
const left = /\.(spec|fixture|module)\.ts$/;

/** Selects this many passages of a folder's code, by their hash: the same ones as long as the code stays. */
export function passagesOf(folder, count) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !left.test(file))
    .flatMap((file) => passagesOfFile(join(folder, file)))
    .toSorted((one, other) => one.hash.localeCompare(other.hash))
    .slice(0, count)
    .map(({ range }) => range);
}

function passagesOfFile(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  return Array.from({ length: Math.ceil(lines.length / LINES) }, (_, index) => {
    const passage = lines.slice(index * LINES, (index + 1) * LINES).join('\n');
    const range = `${file}:${index * LINES + 1}-${Math.min(lines.length, (index + 1) * LINES)}`;
    return { range, hash: createHash('sha256').update(passage).digest('hex') };
  });
}
