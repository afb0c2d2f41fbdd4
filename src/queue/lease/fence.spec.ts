import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { fenceGuards } from '../../../test/guards/fences.guards.js';
import { fencedCalls, FencedFixture } from '../../../test/support/fenced-calls.js';
import { LeaseLostError } from '../../platform/errors/errors.js';

const SRC = new URL('../..', import.meta.url).pathname;

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({ budgets: { chatDayTokens: 1_000_000 } });
});
afterAll(() => agent.close());

/** A digest of every table. */
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

describe('A holder that lost the lease', () => {
  it.each(fencedCalls.map((call) => [call.of, call] as const))(
    'changes no row by %s',
    async (_, { lane, ready }) => {
      const fixture = await FencedFixture.open(agent);
      const commit = await ready(fixture);
      const lost = await agent.room.takeOver(fixture.id, lane);
      const held = await agent.room.takeOver(fixture.id, lane);
      const before = await everything();
      await expect(commit(lost)).rejects.toBeInstanceOf(LeaseLostError);
      expect(await everything()).toEqual(before);
      // The same call by the holder has an effect: otherwise the test would prove nothing.
      await commit(held);
      expect(await everything()).not.toEqual(before);
    },
  );
});

describe('The list of methods that need a lease', () => {
  it('has every method that takes a lease and writes', async () => {
    // Behind a comma: one of several ways of a method.
    const listed = [...new Set(fencedCalls.map(({ of }) => of.replace(/,.*/, '')))];
    expect(listed.toSorted()).toEqual((await methodsGivenALease()).toSorted());
  });

  it('has every call that a guard names', () => {
    const tests = fencedCalls.map(({ of }) => `changes no row by ${of}`);
    expect(fenceGuards.map(({ test }) => test).filter((test) => !tests.includes(test))).toEqual([]);
  });
});

/** Public methods with a parameter of type `Lease`, or one of which they take a `lease`, of classes that send statements. */
async function methodsGivenALease(): Promise<string[]> {
  const files = (await readdir(SRC, { recursive: true })).filter(
    (file) => /(?<!\.spec|\.fixture)\.ts$/.test(file) && !/^(?:generated|queue\/lease)\//.test(file),
  );
  const found: string[] = [];
  for (const file of files) {
    const text = await readFile(join(SRC, file), 'utf8');
    if (!/\blease\b/i.test(text) || !/\$transaction|TransactionClient|DatabasePool/.test(text)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    found.push(...source.statements.filter(ts.isClassDeclaration).flatMap(fencedMethods));
  }
  return found;
}

function fencedMethods(declaration: ts.ClassDeclaration): string[] {
  return declaration.members
    .filter(ts.isMethodDeclaration)
    .filter(({ modifiers }) => !modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
    .filter(({ parameters }) => parameters.some(isLease))
    .map(({ name }) => `${declaration.name?.text}.${name.getText()}`);
}

function isLease({ name, type }: ts.ParameterDeclaration): boolean {
  if (ts.isObjectBindingPattern(name)) return name.elements.some((one) => one.name.getText() === 'lease');
  return /^Lease( \| null)?$/.test(type?.getText() ?? '');
}
