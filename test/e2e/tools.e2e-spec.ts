import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import type { ModelCall } from '../support/model-call.js';
import { newChatId } from '../support/updates.js';

const MAX_STEPS = 4;

const toolResults = (call: ModelCall | undefined) =>
  (call?.messages ?? []).flatMap(({ role, content }) => (role === 'tool' ? [content] : []));

describeOnEachBackend('The model uses tools', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { AGENT_MAX_STEPS: String(MAX_STEPS) });
  });
  afterAll(() => world.stop());

  it('offers every built-in tool with its schema', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] what can you do?`);
    const [call] = world.model.callsAbout(`[${chat}]`);
    expect(call?.tools.map((tool) => tool.function.name)).toEqual(
      expect.arrayContaining([
        'current_time',
        'calculate',
        'remember',
        'recall',
        'forget',
        'search_history',
        'fetch_url',
      ]),
    );
    for (const tool of call?.tools ?? []) expect(tool.function.parameters).toMatchObject({ type: 'object' });
  });

  it('gives a tool’s result back to the model, and the user only the answer', async () => {
    const chat = newChatId();
    world.model.script(
      `[${chat}]`,
      { calls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] },
      { text: 'It is 42.' },
    );
    expect(await world.sayAndRead(chat, `[${chat}] six times seven?`)).toBe('It is 42.');
    const [first, second] = world.model.callsAbout(`[${chat}]`);
    expect(toolResults(first)).toEqual([]);
    expect(toolResults(second)).toEqual(['42']);
    const asked = second?.messages.find(({ tool_calls }) => tool_calls);
    expect(second?.messages.at(-1)?.tool_call_id).toBe(asked?.tool_calls?.[0]?.id);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });

  it('runs parallel calls and answers each by its own id', async () => {
    const chat = newChatId();
    world.model.script(
      `[${chat}]`,
      {
        calls: [
          { name: 'calculate', arguments: { expression: '1 + 1' } },
          { name: 'current_time', arguments: { timeZone: 'UTC' } },
          { name: 'calculate', arguments: { expression: '2 + 2' } },
        ],
      },
      { text: 'Two, now, four.' },
    );
    expect(await world.sayAndRead(chat, `[${chat}] three things`)).toBe('Two, now, four.');
    const second = world.model.callsAbout(`[${chat}]`)[1];
    const asked = second?.messages.find(({ tool_calls }) => tool_calls)?.tool_calls?.map(({ id }) => id);
    const answered = second?.messages
      .filter(({ role }) => role === 'tool')
      .map(({ tool_call_id }) => tool_call_id);
    expect(answered).toEqual(asked);
    expect(toolResults(second)).toEqual([
      '2',
      expect.stringContaining(String(new Date().getUTCFullYear())),
      '4',
    ]);
  });

  it.each([
    [
      'a tool that does not exist',
      { name: 'launch_rocket', arguments: {} },
      /no tool "launch_rocket".*calculate/,
    ],
    ['arguments that are no JSON', { name: 'calculate', arguments: '{"expression": ' }, /not valid/],
    [
      'arguments of a wrong type',
      { name: 'calculate', arguments: { expression: 5 } },
      /not valid.*expression/,
    ],
    ['arguments that are missing', { name: 'calculate', arguments: {} }, /not valid.*expression/],
    ['a tool that fails', { name: 'calculate', arguments: { expression: '1 +' } }, /./],
  ])('reports to the model, not the user, %s', async (_name, request, reason) => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { calls: [request] }, { text: 'Let me put it differently.' });
    expect(await world.sayAndRead(chat, `[${chat}] try`)).toBe('Let me put it differently.');
    expect(toolResults(world.model.callsAbout(`[${chat}]`)[1])).toEqual([expect.stringMatching(reason)]);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('makes sixteen calls of one answer, and reports the others to the model', async () => {
    const chat = newChatId();
    const calls = Array.from({ length: 18 }, (_, index) => ({
      name: 'calculate',
      arguments: { expression: `${index} * 1` },
    }));
    world.model.script(`[${chat}]`, { calls }, { text: 'That was a lot.' });
    expect(await world.sayAndRead(chat, `[${chat}] many things`)).toBe('That was a lot.');
    const results = toolResults(world.model.callsAbout(`[${chat}]`)[1]);
    expect(results.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, index) => String(index)));
    expect(results.slice(16)).toEqual(Array(2).fill(expect.stringMatching(/Not called.*16/)));
  });

  it('ends a model that calls tools for ever at AGENT_MAX_STEPS, and reports that', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { calls: [{ name: 'calculate', arguments: { expression: '1' } }] });
    expect(await world.sayAndRead(chat, `[${chat}] loop`)).toMatch(/more steps than I may take/);
    const calls = world.model.callsAbout(`[${chat}]`);
    expect(calls).toHaveLength(MAX_STEPS);
    expect(calls.at(-1)?.toolChoice).toBe('none');
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });

  it('records each model call and each tool call as a step of its turn', async () => {
    const chat = newChatId();
    world.model.script(
      `[${chat}]`,
      { calls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] },
      { text: 'It is 42.' },
    );
    await world.sayAndRead(chat, `[${chat}] six times seven?`);
    const conversation = await world.conversationId(chat);
    const [turn] = await world.sql<{ id: string }>('SELECT id FROM turns WHERE conversation_id = $1', [
      conversation,
    ]);
    const { body } = await world.admin(`turns/${turn?.id}`).expect(200);
    const steps: { kind: string; name: string }[] = body.steps;
    expect(steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'model double',
      'tool calculate',
      'model double',
    ]);
  });
});
