import { describe, expect, it } from 'vitest';
import { ListReader } from './list-reader.js';

const server = {
  name: 'shop',
  prefix: 'shop',
  link: { kind: 'http', url: 'http://127.0.0.1:1/', headers: {} },
  tools: { allow: null, deny: [] },
  timeoutMs: 1_000,
  maxOutputChars: 1_000,
  requiresApproval: false,
  repeatable: null,
} as const;
const newReader = () => new ListReader(server, () => Promise.resolve('bought'));
const entry = (name: string, fields = 1) => ({
  name,
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: fields }, (_, index) => [`f${index}`, { type: 'string' }]),
    ),
  },
});

describe('ListReader', () => {
  it('lets other work run between the tools of a long list', async () => {
    const listed = Array.from({ length: 60 }, (_, index) => entry(`tool${index}`));
    let rounds = 0;
    let over = false;
    const round = () => {
      rounds += 1;
      if (!over) setImmediate(round);
    };
    setImmediate(round);
    const readings = await newReader().read(listed);
    over = true;
    expect(readings.map((reading) => reading?.kind)).toEqual(listed.map(() => 'tool'));
    expect(rounds).toBeGreaterThanOrEqual(listed.length);
  });

  it('reads only the new entries of a changed list', async () => {
    const reader = newReader();
    const bad = { name: 'bad', inputSchema: { type: 'object', oneOf: [] } };
    const [one, two, problem] = await reader.read([entry('one'), entry('two'), bad]);
    const again = await reader.read([entry('two', 2), entry('three'), bad, entry('one')]);
    expect(again[3]).toBe(one);
    expect(again[2]).toBe(problem);
    expect(problem).toMatchObject({ kind: 'problem' });
    expect(again[0]).toMatchObject({ kind: 'tool', tool: { name: 'shop_two' } });
    expect(again[0]).not.toBe(two);
  });
});
