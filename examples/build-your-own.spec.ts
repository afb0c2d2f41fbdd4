import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file that the last link before the block leads to. */
  readonly file: string;
}

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/build-your-own.md'), 'utf8');

function blocksOf(language: string): Block[] {
  return Array.from(page.matchAll(/^```(\w+)\n(.*?)^```$/gms), (match) => {
    const [link = ''] = page.slice(0, match.index).match(/\]\(\.\.\/[^)]+\)(?!.*\]\(\.\.\/)/s) ?? [];
    const file = link.slice('](../'.length, -1);
    return { language: match[1] ?? '', text: match[2] ?? '', file };
  }).filter((block) => block.language === language);
}

describe('docs/build-your-own.md', () => {
  it.each([...blocksOf('ts'), ...blocksOf('sql')])('quotes $file as it is', ({ file, text }) => {
    // A part may stand further to the right there.
    const quotes = ['', '  '].map((indent) => text.replaceAll(/^(?=.)/gm, indent));
    const source = readFileSync(join(ROOT, file), 'utf8');
    expect(quotes.some((quote) => source.includes(quote))).toBe(true);
  });

  it.each(blocksOf('diff'))('changes $file where it is as the page says', ({ file, text }) => {
    const before = text.split('\n').filter((line) => !line.startsWith('+'));
    const lines = before.map((line) => line.replace(/^ /, ''));
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(lines.join('\n'));
  });

  it('shows every file of the example, and has no other kind of block', () => {
    const files = readdirSync(join(ROOT, 'examples/loans'), { recursive: true, encoding: 'utf8' });
    const named = files.filter((file) => /\.(ts|sql)$/.test(file));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((file) => !page.includes(`(../examples/loans/${file})`))).toEqual([]);
    const known = ['ts', 'sql', 'diff', 'sh'].flatMap(blocksOf);
    expect(page.match(/^```\w+$/gm)).toHaveLength(known.length);
    expect(blocksOf('diff')).toHaveLength(1);
    expect(blocksOf('sh')).toHaveLength(1);
  });

  describe('by its commands', () => {
    let clone: string;

    beforeAll(() => {
      clone = mkdtempSync(join(tmpdir(), 'turnpike-build-your-own-'));
      cpSync(join(ROOT, 'examples'), join(clone, 'examples'), { recursive: true });
      for (const folder of ['src', 'prisma/migrations']) mkdirSync(join(clone, folder), { recursive: true });
      for (const { text } of blocksOf('sh')) execFileSync('sh', ['-ec', text], { cwd: clone });
    });
    afterAll(() => rmSync(clone, { recursive: true, force: true }));

    it('puts the migration where every start looks for it', () => {
      const [name = ''] = readdirSync(join(clone, 'prisma/migrations'));
      expect(readFileSync(join(clone, 'prisma/migrations', name, 'migration.sql'), 'utf8')).toContain(
        'loans',
      );
    });

    it('moves the files to where they find all that they import', () => {
      const files = readdirSync(join(clone, 'src/loans')).map((name) => join(clone, 'src/loans', name));
      const imported = files.flatMap((file) =>
        ts
          .preProcessFile(readFileSync(file, 'utf8'))
          .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
          .map(({ fileName }) => relative(clone, join(dirname(file), fileName)).replace(/\.js$/, '.ts')),
      );
      expect(imported.length).toBeGreaterThan(10);
      const missing = imported.filter(
        (file) => !existsSync(join(clone, file)) && !existsSync(join(ROOT, file)),
      );
      expect(missing).toEqual([]);
    });
  });
});
