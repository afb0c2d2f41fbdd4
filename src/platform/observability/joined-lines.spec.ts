import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { transform } from '@swc/core';
import { describe, expect, it } from 'vitest';
import { JoinedLines } from './joined-lines.js';

function joined() {
  const writes: string[] = [];
  return { writes, lines: new JoinedLines({ write: (text) => void writes.push(text) }) };
}

describe('Log lines', () => {
  it('of one turn of the event loop are one write, in order, and each is written once', async () => {
    const { writes, lines } = joined();
    lines.write('one\n');
    lines.write('two\n');
    expect(writes).toEqual([]);
    await nextTurn();
    expect(writes).toEqual(['one\ntwo\n']);
    lines.write('three\n');
    await nextTurn();
    await nextTurn();
    expect(writes).toEqual(['one\ntwo\n', 'three\n']);
  });

  it('are held no further than 64 Ki units', () => {
    const { writes, lines } = joined();
    for (let count = 0; count < 70; count += 1) lines.write(`${'x'.repeat(1_023)}\n`);
    expect(writes.map(({ length }) => length)).toEqual([65_536]);
  });

  it('are all written by a process that ends at once, or by an error that nobody catches', async () => {
    const source = await readFile(new URL('joined-lines.ts', import.meta.url), 'utf8');
    const { code } = await transform(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    for (const end of ['process.exit(1)', 'throw new Error("stray")']) {
      const program = `${code}
        import { writeSync } from 'node:fs';
        const lines = new JoinedLines({ write: (text) => writeSync(1, text) });
        lines.write('first\\n');
        lines.write('last\\n');
        ${end};`;
      const args = ['--input-type=module', '--eval', program];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect([status, stdout]).toEqual([1, 'first\nlast\n']);
    }
  });
});
