import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { en } from '../../platform/i18n/en.js';
import { progressLabel, ToolNotes } from './tool-notes.js';

describe('The progress of a tool', () => {
  it('is shown in numbers, in words, or both', () => {
    expect(progressLabel('search', { done: 3, total: 10 })).toBe('search 3/10');
    expect(progressLabel('search', { note: 'second page' })).toBe('search: second page');
    expect(progressLabel('search', { done: 3, total: 10, note: 'second page' })).toBe(
      'search 3/10: second page',
    );
    expect(progressLabel('search', { done: Number.NaN, total: Infinity })).toBe('search');
    expect(progressLabel('search', { note: ' ' })).toBe('search');
  });

  it('is one short line without Markdown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (note) => {
        const label = progressLabel('search', { note });
        expect(label).toMatch(/^search(: [^*_`~[\]()<>|\\#\n\r]+)?$/u);
        expect(label.length).toBeLessThanOrEqual('search: '.length + 80);
      }),
    );
  });
});

describe('The note of several calls', () => {
  const open = (...names: string[]) => {
    const notes: string[] = [];
    return { notes, tools: new ToolNotes({ note: (text) => notes.push(text) }, en, names) };
  };

  it('names each tool once, and each call that reports progress', () => {
    const { notes, tools } = open('search', 'search', 'calculate');
    tools.createNote(1).report({ done: 1, total: 2 });
    expect(notes).toEqual(['_search, calculate …_', '_search, search 1/2, calculate …_']);
  });

  it('drops a call that has ended', () => {
    const { notes, tools } = open('search', 'fetch_url');
    const search = tools.createNote(0);
    search.report({ done: 1, total: 2 });
    search.end();
    search.report({ done: 2, total: 2 });
    tools.createNote(1).report({ note: 'example.org' });
    expect(notes.at(-1)).toBe('_search, fetch_url: example.org …_');
    expect(notes).toHaveLength(3);
  });
});
