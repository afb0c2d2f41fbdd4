import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '../docs');

/**
 * The requirements of ASVS 4.0.3 that are marked for level 1 or 2, as its table has them.
 * @see https://github.com/OWASP/ASVS/blob/v4.0.3/4.0/docs_en
 */
const LEVEL_2 = `
  1.1.1-7 1.2.1-4 1.4.1 1.4.4-5 1.5.1-4 1.6.1-4 1.7.1-2 1.8.1-2 1.9.1-2 1.10.1 1.11.1-2 1.12.2 1.14.1-6
  2.1.1-12 2.2.1-3 2.3.1-3 2.4.1-5 2.5.1-7 2.6.1-3 2.7.1-6 2.8.1-7 2.9.1-3 2.10.1-4
  3.1.1 3.2.1-4 3.3.1-4 3.4.1-5 3.5.1-3 3.7.1
  4.1.1-3 4.1.5 4.2.1-2 4.3.1-3
  5.1.1-5 5.2.1-8 5.3.1-10 5.4.1-3 5.5.1-4
  6.1.1-3 6.2.1-6 6.3.1-2 6.4.1-2
  7.1.1-4 7.2.1-2 7.3.1 7.3.3-4 7.4.1-3
  8.1.1-4 8.2.1-3 8.3.1-8
  9.1.1-3 9.2.1-4
  10.2.1-2 10.3.1-3
  11.1.1-8
  12.1.1-3 12.2.1 12.3.1-6 12.4.1-2 12.5.1-2 12.6.1
  13.1.1 13.1.3-5 13.2.1-3 13.2.5-6 13.3.1-2 13.4.1-2
  14.1.1-4 14.2.1-6 14.3.2-3 14.4.1-7 14.5.1-4`;

const RISKS = Array.from({ length: 10 }, (_, index) => `LLM${String(index + 1).padStart(2, '0')}`);

const page = readFileSync(join(DOCS, 'security.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\||\|$/g, '').trim()));
const requirements = rows.filter(([first = '']) => /^\d+\.\d+\.\d/.test(first));
const risks = rows.filter(([first = '']) => first.startsWith('LLM'));

/** `1.4.4-5` is 1.4.4 and 1.4.5. */
function eachOf(text: string): string[] {
  return text.split(/[\s,]+/).flatMap((range) => {
    const [, section, first, last = first] = /^(\d+\.\d+)\.(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    return range === ''
      ? []
      : Array.from({ length: count }, (_, index) => `${section}.${Number(first) + index}`);
  });
}

describe('The page about security', () => {
  it('answers each requirement of ASVS level 2 once, and no other', () => {
    const answered = requirements.flatMap(([first = '']) => eachOf(first));
    expect(answered.toSorted()).toEqual(eachOf(LEVEL_2).toSorted());
  });

  it('answers each of the ten risks of LLM applications once', () => {
    expect(risks.map(([first = '']) => first.split(' ', 1)[0])).toEqual(RISKS);
  });

  it('begins each answer with one of its words', () => {
    const answers = [...requirements, ...risks].map(([, answer = '']) => answer);
    expect(
      answers.filter((answer) => !/^(Met|Partly|Not met|Operator|Does not apply)\b/.test(answer)),
    ).toEqual([]);
  });

  it('names a test or a place for each requirement that is met', () => {
    const met = [...requirements, ...risks].filter(([, answer = '']) => /^(Met|Partly)/.test(answer));
    expect(met.filter((row) => !row.at(-1)?.includes('](')).map(([first]) => first)).toEqual([]);
  });

  it('links existing targets', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((path) => !existsSync(join(DOCS, path)))).toEqual([]);
  });
});
