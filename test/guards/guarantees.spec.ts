import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Guard, takeOut } from './guard.js';
import { withLines, withoutLineNumbers, withTable } from './guard-table.js';
import { guards } from './guards.js';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8');

/** Titles as a spec writes them, with a wildcard for each value of their tables. */
async function titlesIn(spec: string): Promise<readonly RegExp[]> {
  const text = await read(spec);
  const literals = text.matchAll(/(?<quote>['`])(?<title>(?:\\.|(?!\k<quote>)[^\\\n])+)\k<quote>/g);
  return [...literals].map(({ groups }) => {
    const parts = (groups?.['title'] ?? '')
      .replaceAll(/\\(.)/g, '$1')
      .split(/%[sdifjo]|\$\{[^}]*\}|\$[\w.]+/);
    return new RegExp(
      `^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.*')}$`,
      'u',
    );
  });
}

const each = (list: readonly Guard[]) => list.map((guard) => [guard.id, guard] as const);
const inSource = guards.filter(({ without }) => 'file' in without);

describe('Every guard', () => {
  it.each(each(inSource))('%s is where the list says', async (_id, { without }) => {
    if (!('file' in without)) return;
    const source = await read(without.file);
    expect(takeOut(source, without)).not.toBe(source);
  });

  it.each(each(guards))('%s has a test of that name', async (_id, { spec, test }) => {
    expect((await titlesIn(spec)).some((title) => title.test(test))).toBe(true);
    // The title of a table of tests is the name of none of them.
    expect(test).not.toMatch(/%[sdifjo]/);
  });

  it('has a name of its own', () => {
    const ids = guards.map(({ id }) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
  });

  it('stands in docs/guards.md, which has no other', async () => {
    const page = await read('docs/guards.md');
    expect(withTable(page, guards)).toBe(page);
  });

  it('that docs/guarantees.md names has its line and its test there', async () => {
    const page = await read('docs/guarantees.md');
    expect(withoutLineNumbers(withLines(page, guards))).toBe(withoutLineNumbers(page));
  });
});
