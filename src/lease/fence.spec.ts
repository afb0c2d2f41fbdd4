import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { fencedCalls, Scene } from '../../test/support/fenced-calls.js';
import { LeaseLostError } from '../errors/errors.js';

const SRC = new URL('..', import.meta.url).pathname;

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({ budgets: { chatDayTokens: 1_000_000 } });
});
afterAll(() => agent.close());

/** What every table has, a digest each. */
async function everything(): Promise<unknown> {
  const tables = await agent.room.rows<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  const digests = tables.map(
    ({ name }) =>
      `(SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM ${name} t) AS ${name}`,
  );
  return (await agent.room.rows(`SELECT ${digests.join()}`))[0];
}

describe('Whoever has lost the lease', () => {
  it.each(fencedCalls.map((call) => [call.of, call] as const))(
    'changes nothing by %s',
    async (_, { lane, ready }) => {
      const scene = await Scene.open(agent);
      const commit = await ready(scene);
      const lost = await agent.room.takeOver(scene.id, lane);
      const held = await agent.room.takeOver(scene.id, lane);
      const before = await everything();
      await expect(commit(lost)).rejects.toBeInstanceOf(LeaseLostError);
      expect(await everything()).toEqual(before);
      // The same call of the holder does change something: else nothing was shown.
      await commit(held);
      expect(await everything()).not.toEqual(before);
    },
  );
});

describe('The list of those who need a lease', () => {
  it('has every method that is given one and writes', async () => {
    const listed = fencedCalls.map(({ of }) => of);
    expect(listed.toSorted()).toEqual((await methodsGivenALease()).toSorted());
  });
});

/** Public methods with a parameter of type `Lease`, of classes that send statements. */
async function methodsGivenALease(): Promise<string[]> {
  const files = (await readdir(SRC, { recursive: true })).filter(
    (file) => /(?<!\.spec|\.spec-support)\.ts$/.test(file) && !/^(?:generated|lease)\//.test(file),
  );
  const found: string[] = [];
  for (const file of files) {
    const text = await readFile(join(SRC, file), 'utf8');
    if (!/\bLease\b/.test(text) || !/\$transaction|TransactionClient|DatabasePool/.test(text)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    found.push(...source.statements.filter(ts.isClassDeclaration).flatMap(fencedMethods));
  }
  return found;
}

function fencedMethods(declaration: ts.ClassDeclaration): string[] {
  return declaration.members
    .filter(ts.isMethodDeclaration)
    .filter(({ modifiers }) => !modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
    .filter(({ parameters }) =>
      parameters.some(({ type }) => /^Lease( \| null)?$/.test(type?.getText() ?? '')),
    )
    .map(({ name }) => `${declaration.name?.text}.${name.getText()}`);
}
