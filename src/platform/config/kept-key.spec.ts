import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOrMakeKey } from './kept-key.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnpike-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('A generated admin key', () => {
  it('is the same at the next start, and readable to its owner alone', () => {
    const file = join(folder, 'a', 'admin-key');
    const first = readOrMakeKey(file);
    expect(first).toMatchObject({ kept: true, key: expect.stringMatching(/^[\w-]{32}$/) });
    expect(readOrMakeKey(file)).toEqual(first);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readOrMakeKey(join(folder, 'b')).key).not.toBe(first.key);
  });

  it('is new at each start where it cannot be kept, and never a file’s short text', () => {
    writeFileSync(join(folder, 'file'), '');
    const nowhere = join(folder, 'file', 'admin-key');
    expect(readOrMakeKey(nowhere).kept).toBe(false);
    expect(readOrMakeKey(nowhere).key).not.toBe(readOrMakeKey(nowhere).key);
    const torn = join(folder, 'torn');
    writeFileSync(torn, 'abc');
    chmodSync(torn, 0o600);
    expect(readOrMakeKey(torn)).toMatchObject({ kept: false, key: expect.stringMatching(/^[\w-]{32}$/) });
  });
});
