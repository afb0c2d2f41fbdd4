import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedModel } from '../test/support/scripted-model.js';
import { type Dialogue, say } from './dialogue.js';
import { dialogues } from './dialogues.js';
import { evaluate } from './evaluate.js';

let folder: string;
let printed: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-eval-'));
});
beforeEach(() => {
  printed = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: string[], scripted: readonly Dialogue[], env = {}) =>
  evaluate(args, env, scripted, folder, (text) => printed.push(text));
const output = () => printed.join('\n');
const written = async (model: string) => JSON.parse(await readFile(join(folder, `${model}.json`), 'utf8'));

const sum: Dialogue = {
  name: 'sum',
  about: 'a sum',
  moves: [
    say('What is 12 * 12?', [
      { kind: 'tool', name: 'calculate', with: { expression: /12/ } },
      { kind: 'answer', matches: /144/ },
    ]),
  ],
};
const wrong: Dialogue = {
  name: 'wrong',
  about: 'what does not hold',
  moves: [say('What is 2 * 2?', [{ kind: 'answer', matches: /five/ }])],
};
const deep: Dialogue = { ...wrong, name: 'deep', needsRealModel: 'it takes sense' };

describe('The evaluation', () => {
  it('ends with 1 when one expectation fails, and names it with the actual result', async () => {
    expect(await run([], [sum, wrong])).toBe(1);
    expect(output()).toMatch(/^sum +calls calculate, expression \/12\/ +holds +[1-9]\d* +- +\d+\.\d s$/m);
    expect(output()).toMatch(/^wrong +says \/five\/ +MISSED /m);
    expect(output()).toMatch(/^MISSED {2}wrong: says \/five\/: said “\(demo\) .* is 4\./m);
    expect(await written('demo-model')).toMatchObject({
      holds: false,
      dialogues: [
        { name: 'sum', runs: [{ verdicts: [{ miss: null }, { miss: null }] }] },
        { name: 'wrong', runs: [{ verdicts: [{ miss: expect.stringContaining('4') }] }] },
      ],
    });
  });

  it('ends with 0 when all hold; the demo model skips those that need a real one', async () => {
    expect(await run(['--runs', '3'], [sum, deep])).toBe(0);
    expect(output()).toMatch(/^ +says \/144\/ +3\/3$/m);
    expect(output()).toMatch(/^deep +skipped: it takes sense/m);
  });

  it('uses the configured model, or the given one, for all of it, and computes its cost', async () => {
    const model = await ScriptedModel.start();
    try {
      model.script('What is 12 * 12?', { text: 'It is 144.' });
      model.script('What is 2 * 2?', { text: 'It is five.' });
      const env = {
        OPENAI_BASE_URL: model.baseUrl,
        OPENAI_API_KEY: 'a-key',
        MODEL_PRICES: '{"double":{"input":1000,"output":1000}}',
      };
      expect(await run(['--model', 'double', '--only', '^(deep|sum)$'], [sum, wrong, deep], env)).toBe(1);
      expect(output()).toMatch(/^sum +calls calculate, expression \/12\/ +MISSED +15 +\$0\.0150 /m);
      expect(output()).toMatch(/^deep +says \/five\/ +holds/m);
      expect(output()).not.toMatch(/^wrong/m);
      expect(model.calls.map((call) => call.model)).toEqual(['double', 'double']);
    } finally {
      await model.close();
    }
  });

  it.each([
    [['--only', 'nothing'], 'No dialogue matches'],
    [['--only', '('], 'Invalid regular expression'],
    [['--runs', '0'], '--runs takes a number'],
    [['--often'], '--often'],
  ])('ends with 2 for %j', async (args, reason) => {
    expect(await run(args, [sum])).toBe(2);
    expect(output()).toContain(reason);
  });

  it('has dialogues of different names', () => {
    const names = dialogues.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
