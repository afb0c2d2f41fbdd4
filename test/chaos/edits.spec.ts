import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/transpiled.js';
import { type Edit, hurry, without } from './build.js';
import { editsFor, killPoints } from './kill-points.js';
import { messageKillPoints, noticeKillPoints, previewKillPoints } from './streaming-kill-points.js';

const points = [...killPoints, ...previewKillPoints, ...messageKillPoints, ...noticeKillPoints];
const edits: readonly Edit[] = [...hurry, ...without.fence, ...without.sweep, ...editsFor(points)];

/** A source as `npm run build` makes it. */
async function builtText(file: string): Promise<string> {
  const source = await readFile(join(ROOT, 'src', file.replace(/\.js$/, '.ts')), 'utf8');
  const { ESNext } = ts.ModuleKind;
  const compilerOptions = {
    module: ESNext,
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

describe('The edits of the chaos tests', () => {
  it.each(edits.map((edit) => [`${edit.file}: ${edit.find.source}`, edit] as const))(
    'find what they change in %s',
    async (_, { file, find }) => {
      expect(await builtText(file)).toMatch(find);
    },
  );
});

describe('A kill point', () => {
  it.each(points.map((point) => [point.name, point] as const))(
    'stands before a whole statement: %s',
    async (_, { file, before }) => {
      const text = await builtText(file);
      const line = text.slice(0, text.search(before)).split('\n').at(-1) ?? '';
      expect(line.trim()).toBe('');
    },
  );
});
