import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * The rooms in their order: each imports only from rooms below it. A room is a folder of `src/`, or a folder in one.
 * The files in `src/` itself compose the program and may import any room. docs/folders.md has the same list, with the
 * purpose of each room.
 */
const ORDER = [
  'cli',
  'cli/doctor',
  'settings',
  'playground/demo',
  'playground',
  'playground/demo-model',
  'playground/chat-completions',
  'playground/bot-api',
  'webhook',
  'admin/docs',
  'admin',
  'admin/conversations',
  'admin/turns',
  'admin/dead-letters',
  'admin/budgets',
  'admin/people',
  'admin/schedules',
  'admin/sources',
  'admin/triggers',
  'admin/events',
  'admin/notification-endpoints',
  'admin/approvals',
  'admin/flood-gate',
  'admin/pairings',
  'admin/access',
  'admin/listing',
  'retention',
  'workers',
  'notifications/sending',
  'notifications/alerts',
  'notifications/endpoints',
  'notifications',
  'triggers/receiving',
  'inbox',
  'dead-letters',
  'agent',
  'agent/loop',
  'agent/commands',
  'agent/turns',
  'agent/approvals',
  'agent/streaming',
  'agent/context',
  'agent/attachments',
  'agent/tools',
  'agent/llm',
  'triggers/routing',
  'triggers/rules',
  'triggers/coalescing',
  'triggers/replaying',
  'triggers/sources',
  'triggers/schemes',
  'triggers/expressions',
  'triggers',
  'schedules/firing',
  'schedules',
  'access',
  'delivery',
  'delivery/flood',
  'memory/erasure',
  'memory/chat-migration',
  'memory',
  'budget',
  'queue/processing',
  'queue',
  'queue/lease',
  'telegram/receiving',
  'telegram',
  'telegram/bots',
  'telegram/sending',
  'telegram/updates',
  'telegram/bot-api',
  'telegram/settings',
  'telegram/rich',
  'telegram/formatting',
  'channel',
  'platform/secrets',
  'platform/throttling',
  'platform/database',
  'platform/observability',
  'platform/health',
  'platform/http',
  'platform/config',
  'platform/errors',
  'platform/runtime',
  'platform/openapi',
  'platform/i18n',
] as const;

/** The largest number of rooms that depend on one another. */
const MAX_FLOORS = 14;
/** The most providers that a module lists itself. */
const MAX_PROVIDERS = 12;

const SOURCE = import.meta.dirname;
/** The folder of the files that compose the program. */
const ROOT = '.';

/** One import of a file, of its types too: of another file, or of a package by its name. Paths are relative to `src/`. */
interface Arrow {
  readonly file: string;
  readonly to: string;
  readonly isPackage: boolean;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(file))
  .filter((file) => !file.startsWith('generated/'));

const textOf = (file: string): string => readFileSync(join(SOURCE, file), 'utf8');

const arrows = files.flatMap((file) =>
  ts.preProcessFile(textOf(file)).importedFiles.map(({ fileName }): Arrow => {
    const isPackage = !fileName.startsWith('.');
    return { file, to: isPackage ? fileName : join(dirname(file), fileName), isPackage };
  }),
);
const inner = arrows.filter(({ to, isPackage }) => !isPackage && !to.startsWith('generated/'));

/** The first `depth` folders of a path. */
const foldersOf = (path: string, depth: number): string => dirname(path).split('/').slice(0, depth).join('/');
const roomOf = (path: string): string => foldersOf(path, 2);
const topOf = (path: string): string => foldersOf(path, 1);

const shown = ({ file, to }: Arrow): string => `${file} -> ${to}`;

/** The imports of each folder, seen `depth` folders deep. The root is left out. */
function graphOf(depth: number): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const file of files) graph.set(foldersOf(file, depth), new Set());
  for (const { file, to } of inner) {
    const [from, target] = [foldersOf(file, depth), foldersOf(to, depth)];
    if (from !== target) graph.get(from)?.add(target);
  }
  graph.delete(ROOT);
  return graph;
}

/** The folders that reach themselves. */
function inCircles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reach = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of graph.get(from) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      reach(to, seen);
    }
    return seen;
  };
  return [...graph.keys()].filter((folder) => reach(folder).has(folder));
}

/** The longest chain of imports, from the top down. A graph with circles has none. */
function longestChain(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const chains = new Map<string, readonly string[]>();
  const chainFrom = (room: string): readonly string[] => {
    const known = chains.get(room);
    if (known) return known;
    const below = [...(graph.get(room) ?? [])].map(chainFrom);
    const chain = [room, ...longest(below)];
    chains.set(room, chain);
    return chain;
  };
  return longest([...graph.keys()].map(chainFrom));
}

const longest = (chains: readonly (readonly string[])[]): readonly string[] =>
  chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);

/** The number of providers in each list of a module file; a named list is looked up in the file. */
function providersOf(file: string): number[] {
  const source = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true);
  const lists = new Map<string, ts.ArrayLiteralExpression>();
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrayLiteralExpression(node.initializer))
      lists.set(node.name.getText(), node.initializer);
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'providers') found.push(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.map((list) => {
    const literal = ts.isArrayLiteralExpression(list) ? list : lists.get(list.getText());
    if (!literal) throw new Error(`${file}: providers that cannot be counted: ${list.getText()}`);
    return literal.elements.length;
  });
}

/** Imports by files that satisfy `by`, of targets that satisfy `of`. */
function imports(by: (file: string) => boolean, of: (arrow: Arrow) => boolean): string[] {
  return arrows.filter((arrow) => by(arrow.file) && of(arrow)).map(shown);
}

const within =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(`${folder}/`));
const composes = (file: string): boolean => roomOf(file) === ROOT;

describe('The rooms', () => {
  it('are those of the order, each once', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== ROOT));
    expect([...ORDER].toSorted()).toEqual([...rooms].toSorted());
  });

  it('stand in the same order in docs/folders.md', () => {
    const page = readFileSync(join(SOURCE, '../docs/folders.md'), 'utf8');
    const list = /^```\n(?<list>[^]*?)^```$/m.exec(page)?.groups?.['list'] ?? '';
    const rooms = [...list.matchAll(/^([\w/-]+?)\/ /gm)].map(([, room]) => room);
    expect(rooms).toEqual(ORDER);
  });

  it.each(ORDER.map((room, floor) => [room, floor] as const))(
    '%s imports no room above it',
    (room, floor) => {
      const above = new Set<string>([ROOT, ...ORDER.slice(0, floor)]);
      const upward = inner.filter(({ file, to }) => roomOf(file) === room && above.has(roomOf(to)));
      expect(upward.map(shown)).toEqual([]);
    },
  );

  it.each([1, 2, 3, 4])('have no circle, seen %s folders deep', (depth) => {
    expect(inCircles(graphOf(depth))).toEqual([]);
  });

  it(`stand on at most ${MAX_FLOORS} floors`, () => {
    const chain = longestChain(graphOf(2));
    expect(chain.length, chain.join(' > ')).toBeLessThanOrEqual(MAX_FLOORS);
  });

  it(`have modules with at most ${MAX_PROVIDERS} providers of their own`, () => {
    const modules = files.filter((file) => file.endsWith('.module.ts'));
    expect(modules.length).toBeGreaterThan(ORDER.length / 2);
    const large = modules.filter((file) => providersOf(file).some((count) => count > MAX_PROVIDERS));
    expect(large).toEqual([]);
  });

  it('of platform/ know no domain', () => {
    const isDomain = ({ to, isPackage }: Arrow): boolean =>
      !isPackage && !within('platform', 'generated')(to);
    expect(imports(within('platform'), isDomain)).toEqual([]);
  });

  it('of agent/ know neither HTTP, nor the queue, nor Telegram', () => {
    const outside =
      /^(bullmq|@nestjs\/bullmq|grammy\/?.*|@grammyjs\/.*|fastify|@nestjs\/platform-.*|ioredis)$/;
    const unknown = ({ to, isPackage }: Arrow): boolean => {
      if (isPackage) return outside.test(to);
      return ['queue', 'queue/processing', 'platform/http'].includes(roomOf(to)) || within('telegram')(to);
    };
    expect(imports(within('agent'), unknown)).toEqual([]);
  });

  it('of telegram/ and playground/ are imported only by the composing files and the command line', () => {
    const others =
      (...allowed: readonly string[]) =>
      (file: string): boolean =>
        !composes(file) && !within(...allowed)(file);
    const isIn =
      (folder: string) =>
      ({ to, isPackage }: Arrow): boolean =>
        !isPackage && within(folder)(to);
    expect(imports(others('telegram', 'settings', 'cli'), isIn('telegram'))).toEqual([]);
    expect(imports(others('playground'), isIn('playground'))).toEqual([]);
  });

  it.each([
    ['grammy', ['telegram']],
    ['bullmq', ['queue', 'workers', 'retention']],
    ['openai', ['agent']],
  ])('have %s in its own room only', (name, allowed) => {
    const others = (file: string): boolean => !composes(file) && !allowed.includes(topOf(file));
    expect(imports(others, ({ to }) => to === name || to.startsWith(`${name}/`))).toEqual([]);
  });

  it('read text from outside only where it is marked', () => {
    const readers = files.filter((file) => textOf(file).includes('OutsideText.unmarked('));
    expect(readers.toSorted()).toEqual(['agent/tools/outside-text.ts', 'channel/quoted.ts']);
  });

  it('read the environment in platform/config only', () => {
    const readers = files.filter((file) => /process\.env\b/.test(textOf(file)));
    expect(readers.map(roomOf)).toEqual(['platform/config']);
  });
});
