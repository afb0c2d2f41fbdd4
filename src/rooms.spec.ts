import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** One import of a file: from which room, and of what: another room, or a package by its name. */
interface Arrow {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const SOURCE = import.meta.dirname;
/** What starts the program and wires it together knows everybody. */
const COMPOSITION = [
  'main',
  'process',
  'application',
  'app.module',
  'start-summary',
  'isolated-main',
  'isolated-run',
];

const arrows = sourceFiles().flatMap((file) =>
  ts
    .preProcessFile(readFileSync(join(SOURCE, file), 'utf8'))
    .importedFiles.map(({ fileName }): Arrow => ({ file, from: roomOf(file), to: target(file, fileName) }))
    .filter(({ from, to }) => from !== to),
);

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('generated'),
  );
}

function target(file: string, imported: string): string {
  if (imported.startsWith('.')) return roomOf(relative(SOURCE, join(SOURCE, dirname(file), imported)));
  return imported;
}

/** The first folder of a path in `src/`, or its file. */
function roomOf(path: string): string {
  return (path.split('/', 1)[0] ?? path).replace(/\.(js|ts)$/, '');
}

/** Imports by `from`, written so that a failure names the file. */
function importsOf(from: string, of: (to: string) => boolean): string[] {
  return arrows
    .filter((arrow) => arrow.from === from && of(arrow.to))
    .map(({ file, to }) => `${file} -> ${to}`);
}

/** Imports of `to` by anybody but those that may. */
function importersOf(to: string, allowed: readonly string[]): string[] {
  return arrows
    .filter((arrow) => arrow.to === to && ![...allowed, ...COMPOSITION].includes(arrow.from))
    .map(({ file }) => `${file} -> ${to}`);
}

const rooms = [...new Set(arrows.map(({ from }) => from))].filter((name) => !COMPOSITION.includes(name));
const isRoom = (name: string): boolean => rooms.includes(name);

describe('The rooms', () => {
  it('import one another in one direction', () => {
    const reach = (room: string, seen = new Set<string>()): Set<string> => {
      for (const { from, to } of arrows) {
        if (from !== room || !isRoom(to) || seen.has(to)) continue;
        seen.add(to);
        reach(to, seen);
      }
      return seen;
    };
    expect(rooms.length).toBeGreaterThan(15);
    expect(rooms.filter((room) => reach(room).has(room))).toEqual([]);
  });

  it.each(['config', 'observability', 'errors', 'runtime'])('%s imports no domain', (room) => {
    const foundation = ['config', 'errors', 'generated', 'runtime'];
    expect(importsOf(room, (to) => isRoom(to) && !foundation.includes(to))).toEqual([]);
  });

  it('agent knows neither HTTP, nor the queue, nor Telegram', () => {
    const outside = /^(bullmq|@nestjs\/bullmq|grammy|@grammyjs\/.*|fastify|@nestjs\/platform-.*|ioredis)$/;
    expect(importsOf('agent', (to) => outside.test(to))).toEqual([]);
    const above = ['admin', 'cli', 'inbox', 'playground', 'queue', 'telegram', 'webhook'];
    expect(importsOf('agent', (to) => above.includes(to))).toEqual([]);
  });

  it('telegram and playground are named by what composes the program, and the command line', () => {
    expect(importersOf('telegram', ['cli'])).toEqual([]);
    expect(importersOf('playground', [])).toEqual([]);
  });

  it.each([
    ['grammy', ['telegram']],
    ['bullmq', ['queue', 'retention']],
    ['openai', ['agent']],
  ])('%s is the affair of its room', (name, allowed) => {
    expect(importersOf(name, allowed)).toEqual([]);
  });

  it('read text from outside where it is marked, and nowhere else', () => {
    const readers = sourceFiles().filter((file) =>
      readFileSync(join(SOURCE, file), 'utf8').includes('OutsideText.unmarked('),
    );
    const forTests = (file: string): boolean => file.endsWith('.spec-support.ts');
    expect(readers.filter((file) => !forTests(file)).toSorted()).toEqual([
      'agent/tools/outside-text.ts',
      'channel/quoted.ts',
    ]);
  });

  it('read the environment in config alone', () => {
    const readers = sourceFiles().filter((file) =>
      /process\.env\b/.test(readFileSync(join(SOURCE, file), 'utf8')),
    );
    expect(readers.map(roomOf)).toEqual(['config']);
  });
});
