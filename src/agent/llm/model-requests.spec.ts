import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { bookOf } from '../../../test/support/book-tool.js';
import type { AskedMessage, ModelCall } from '../../../test/support/model-call.js';
import type { Conversation, Prisma } from '../../generated/prisma/client.js';
import { en } from '../../platform/i18n/en.js';

const overflow = { status: 400, code: 'context_length_exceeded' };

let agent: AgentRoom;
let conversation: Conversation;
let words = 0;

beforeAll(async () => {
  agent = await AgentRoom.open({
    tools: [bookOf('many words make a page, '.repeat(150))],
    settings: { contextTokens: 4_000, systemPrompt: 'You are the help desk.' },
  });
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
});

async function say(text: string): Promise<void> {
  await agent.room.event(conversation, text);
  await agent.runner().run(conversation.id);
}

/** A conversation with this many earlier messages, for questions with a word of its own. */
async function past(messages: number): Promise<string> {
  await agent.room.pool.query(
    `INSERT INTO messages (conversation_id, epoch, role, text)
     SELECT $1, 0, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role,
            'message number ' || n || repeat(' and more', 5)
     FROM generate_series(1, $2) AS n`,
    [conversation.id, messages],
  );
  return `question-${(words += 1)}.`;
}

const change = (data: Prisma.ConversationUpdateInput) =>
  agent.room.prisma.conversation.update({ where: { id: conversation.id }, data });
const size = ({ messages }: ModelCall) => JSON.stringify(messages).length;
const talk = (call: ModelCall | undefined) => (call?.messages ?? []).filter(({ role }) => role !== 'system');
const turn = () =>
  agent.room.prisma.turn.findFirstOrThrow({
    where: { conversationId: conversation.id },
    orderBy: { id: 'desc' },
  });
const answer = async () =>
  (
    await agent.room.prisma.message.findFirstOrThrow({
      where: { conversationId: conversation.id },
      orderBy: { id: 'desc' },
    })
  ).text;

describe('A request longer than the model’s context', () => {
  it('is sent again with less history, until it is answered', async () => {
    const word = await past(200);
    agent.model.script(word, overflow, overflow, { text: 'It fits.' });
    await say(word);
    expect(await answer()).toBe('It fits.');
    const asked = agent.model.callsAbout(word);
    expect(asked).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = asked.map(size);
    expect(second).toBeLessThan(first * 0.6);
    expect(third).toBeLessThan(second * 0.7);
    expect(talk(asked[2]).at(-1)).toEqual({ role: 'user', content: word });
    expect(talk(asked[2]).length).toBeGreaterThan(1);
    expect(await turn()).toMatchObject({ state: 'done', attempts: 0 });
  });

  it('stays small for the rest of its turn', async () => {
    const word = await past(200);
    agent.model.script(
      word,
      overflow,
      { calls: [{ name: 'read', arguments: { page: 1 } }] },
      { text: 'Read.' },
    );
    await say(word);
    const [first, second, third] = agent.model.callsAbout(word);
    expect(await answer()).toBe('Read.');
    expect([first, second, third].every((call) => call !== undefined)).toBe(true);
    if (first && third) expect(size(third)).toBeLessThan(size(first));
  });

  it('has the newest result shortened last, and is then given up with a helpful sentence', async () => {
    const word = await past(200);
    const read = { calls: [{ name: 'read', arguments: { page: 1 } }] };
    agent.model.script(word, read, overflow);
    await say(word);
    const asked = agent.model.callsAbout(word);
    expect(asked.length).toBeLessThanOrEqual(6);
    const last = talk(asked.at(-1));
    expect(last.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    expect(last.at(-1)?.content).toContain('[shortened: ');
    expect(await answer()).toBe(en.tooLong);
    expect(await turn()).toMatchObject({ state: 'failed', errorCode: 'MODEL_CONTEXT_OVERFLOW', attempts: 1 });
  });

  it('is given up at once when the question alone is too long', async () => {
    const word = await past(0);
    agent.model.script(word, overflow);
    await say(word);
    expect(agent.model.callsAbout(word)).toHaveLength(1);
    expect(await answer()).toBe(en.tooLong);
  });
});

describe('A conversation', () => {
  it('uses its own model and prompt, and the others use theirs', async () => {
    const word = await past(0);
    await change({ model: 'special', systemPrompt: 'You are a pirate.' });
    await say(word);
    const special = agent.model.callsAbout(word).at(-1);
    expect(special?.model).toBe('special');
    expect(special?.messages[0]?.content).toMatch(/^You are a pirate\./);
    expect(await turn()).toMatchObject({ model: 'special' });
    await change({ model: null, systemPrompt: null });
    await say(word);
    const usual = agent.model.callsAbout(word).at(-1);
    expect(usual?.model).toBe('double');
    expect(usual?.messages[0]?.content).toMatch(/^You are the help desk\./);
  });

  it('is answered by the usual model when its own provider was removed', async () => {
    const word = await past(0);
    await change({ model: 'gone=special' });
    await say(word);
    expect(agent.model.callsAbout(word).map(({ model }) => model)).toEqual(['double']);
  });

  it('names its user by a hash, the same in every request, and never by an id', async () => {
    const word = await past(0);
    await say(word);
    await say(word);
    const bodies = agent.model.callsAbout(word).map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]?.['user']).toMatch(/^[0-9a-f]{64}$/);
    expect(bodies[1]?.['user']).toBe(bodies[0]?.['user']);
    const besides = bodies.map(({ messages: _messages, ...fields }) => fields);
    expect(JSON.stringify(besides)).not.toContain(conversation.chatId);
  });
});

describe('A provider’s prompt cache', () => {
  /** Whether the later request begins with the whole earlier one. */
  const continues = (earlier: readonly AskedMessage[], later: readonly AskedMessage[]) =>
    earlier.every((message, index) => JSON.stringify(message) === JSON.stringify(later[index]));

  it('contains all of a request in the next one, within a turn and from turn to turn', async () => {
    const word = await past(10);
    agent.model.script(
      word,
      { calls: [{ name: 'read', arguments: { page: 1 } }] },
      { calls: [{ name: 'read', arguments: { page: 2 } }] },
      { text: 'Read.' },
    );
    for (let time = 0; time < 3; time += 1) await say(`${word} ${time}`);
    const asked = agent.model.callsAbout(word);
    expect(asked).toHaveLength(5);
    for (const [index, later] of asked.entries()) {
      const earlier = asked[index - 1];
      if (!earlier) continue;
      expect(continues(earlier.messages, later.messages), `request ${index}`).toBe(true);
      expect(later.tools).toEqual(earlier.tools);
    }
  });

  it('contains it in most turns even if the conversation is longer than the budget', async () => {
    const word = await past(400);
    for (let time = 0; time < 30; time += 1)
      await say(`${word} ${time} ${'and a few words more '.repeat(8)}`);
    const asked = agent.model.callsAbout(word);
    const held = asked.filter((later, index) => {
      const earlier = asked[index - 1];
      return earlier !== undefined && continues(earlier.messages, later.messages);
    });
    expect(asked).toHaveLength(30);
    expect(held.length).toBeGreaterThanOrEqual(20);
  });

  it('contains the prompt and the tools for all: parts of one conversation come after', async () => {
    const word = await past(0);
    await say(word);
    conversation = await agent.room.conversation();
    await agent.room.prisma.fact.create({ data: { conversationId: conversation.id, text: 'likes tea' } });
    await say(word);
    const [one, two] = agent.model.callsAbout(word);
    const stable = 'You are the help desk.\n\n';
    expect(one?.messages[0]?.content?.startsWith(stable)).toBe(true);
    expect(two?.messages[0]?.content?.startsWith(stable)).toBe(true);
    expect(two?.tools).toEqual(one?.tools);
  });
});
