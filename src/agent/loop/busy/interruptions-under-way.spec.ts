import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { eventually } from '../../../../test/support/eventually.js';
import { newChatId, textUpdate } from '../../../../test/support/updates.js';
import type { Conversation } from '../../../generated/prisma/client.js';
import { interruptedGroup, somebody } from './interrupted-worker.fixture.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({ access: { mode: 'pairing' }, settings: { turnTimeoutMs: 600_000 } });
});
afterAll(() => agent.close());

const say = (conversation: Conversation, text: string, from: number) => {
  const sender = { id: from, is_bot: false, first_name: 'N' };
  const update = textUpdate(Number(conversation.chatId), text, { from: sender });
  return agent.room.event(conversation, text, {}, update);
};
const stateOf = async (id: bigint) =>
  (await agent.room.prisma.event.findUniqueOrThrow({ where: { id } })).state;
const turns = async ({ id }: Conversation) => {
  const all = await agent.room.prisma.turn.findMany({
    where: { conversationId: id },
    orderBy: { id: 'asc' },
  });
  return all.map(({ state }) => state);
};
/** Holds back a model call about the question of a person with access. */
async function asking() {
  const conversation = await interruptedGroup(agent);
  const ada = await somebody(agent, 'let in');
  const word = `<${newChatId()}>`;
  const held = agent.model.hold(word);
  await say(conversation, `${word} question`, ada);
  const running = agent.runner().run(conversation.id);
  await eventually(() => expect(held.waiting).toBe(1));
  const calls = () => agent.model.callsAbout(word);
  return { conversation, ada, word, held, running, calls };
}

describe('A model call under way in the mode interrupt', () => {
  it.each([
    ['who is blocked', 'blocked' as const, 'dropped'],
    ['who has only asked to be let in', 'unknown' as const, 'done'],
  ])('is not aborted by a person %s', async (_who, access, state) => {
    const { conversation, word, held, running, calls } = await asking();
    const spam = await say(conversation, 'spam', await somebody(agent, access));
    await eventually(async () => expect(await stateOf(spam)).toBe(state));
    held.release();
    expect(await running).toMatchObject({ replied: true });
    expect(calls().map(({ abandoned }) => abandoned)).toEqual([false]);
    expect(await turns(conversation)).toEqual(['done']);
    const said = await agent.room.prisma.message.findMany({
      where: { conversationId: conversation.id, role: 'assistant' },
    });
    expect(said.map(({ text }) => text)).toEqual([`Echo: N: ${word} question`]);
  });

  it('is not aborted by messages behind a /reset: each is answered in its own epoch', async () => {
    const { conversation, ada, word, held, running, calls } = await asking();
    await say(conversation, '/reset', ada);
    await agent.commands.handleWaiting(conversation.id, null);
    await say(conversation, `${word} anew`, ada);
    // Both are decided at once, and this one can be observed.
    const spam = await say(conversation, 'spam', await somebody(agent, 'blocked'));
    await eventually(async () => expect(await stateOf(spam)).toBe('dropped'));
    held.release();
    await running;
    await agent.runner().run(conversation.id);
    expect(calls().map(({ abandoned }) => abandoned)).toEqual([false, false]);
    expect(calls().map(({ messages }) => messages.slice(1).map(({ content }) => content))).toEqual([
      [`N: ${word} question`],
      [`N: ${word} anew`],
    ]);
    expect(await turns(conversation)).toEqual(['done', 'done']);
  });

  it('is aborted by a person with access, and the next run answers both', async () => {
    const { conversation, ada, word, held, running, calls } = await asking();
    await say(conversation, `${word} and this`, ada);
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await turns(conversation)).toEqual(['cancelled', 'waiting']);
    held.release();
    expect(await agent.runner().run(conversation.id)).toMatchObject({ replied: true });
    expect(calls().map(({ abandoned }) => abandoned)).toEqual([true, false]);
    expect(calls().at(-1)?.news).toEqual([`N: ${word} question`, `N: ${word} and this`]);
    expect(await turns(conversation)).toEqual(['cancelled', 'done']);
  });
});
