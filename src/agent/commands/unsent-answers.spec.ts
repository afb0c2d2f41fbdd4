import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { en } from '../../platform/i18n/en.js';
import { MAX_UNSENT_ANSWERS } from './unsent-answers.js';

let agent: AgentRoom;
let conversation: Conversation;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
});

async function type(text: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await agent.room.event(conversation, text);
  await agent.commands.handleWaiting(conversation.id, null);
}
async function unsent(): Promise<string[]> {
  const where = { conversationId: conversation.id, settledAt: null };
  const replies = await agent.room.prisma.reply.findMany({ where, orderBy: { id: 'asc' } });
  return replies.map(({ body }) => JSON.stringify(body));
}
const sendAll = () =>
  agent.room.pool.query(`UPDATE replies SET state = 'sent', settled_at = now() WHERE settled_at IS NULL`);
const dropped = () =>
  agent.room.prisma.event.count({ where: { conversationId: conversation.id, state: 'dropped' } });
const epoch = async () => (await agent.room.conversations.find(conversation.id))?.epoch;

describe('Commands whose answers wait unsent', () => {
  it('are answered up to the limit; the others are recorded, and the chat is notified once', async () => {
    await type('/help', 3 * MAX_UNSENT_ANSWERS);
    await type('/usage', 3 * MAX_UNSENT_ANSWERS);
    const replies = await unsent();
    expect(replies).toHaveLength(MAX_UNSENT_ANSWERS + 1);
    expect(replies.filter((text) => text.includes(en.overflow.slice(0, 40)))).toHaveLength(1);
    expect(await dropped()).toBe(5 * MAX_UNSENT_ANSWERS);
    // An answer of the agent stands behind these few.
    await sendAll();
    await type('/help');
    expect(await unsent()).toHaveLength(1);
  });

  it('still have their effect when they are a /reset', async () => {
    await type('/help', 2 * MAX_UNSENT_ANSWERS);
    await type('/reset', 3);
    expect(await epoch()).toBe(3);
    expect(await unsent()).toHaveLength(MAX_UNSENT_ANSWERS + 1);
  });

  it('or a /stop, which the stopped turn reports', async () => {
    const { turn } = await agent.begin(conversation, 'count to a million');
    await type('/help', 2 * MAX_UNSENT_ANSWERS);
    await type('/stop');
    expect(await agent.room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      state: 'cancelled',
    });
    expect((await unsent()).at(-1)).toContain(en.stopped.slice(0, 10));
    expect(await agent.room.prisma.reply.count({ where: { turnId: turn.id } })).toBe(1);
  });

  it('do not count replies of the agent, an operator or a question', async () => {
    const conversationId = conversation.id;
    const { id: messageId } = await agent.room.prisma.message.create({
      data: { conversationId, epoch: 0, role: 'operator', text: 'x' },
    });
    const { turn } = await agent.begin(conversation, 'hello');
    const others = [{ messageId }, { turnId: turn.id }, { questionId: agent.room.ids.next() }];
    for (const of of others)
      for (let reply = 0; reply < MAX_UNSENT_ANSWERS; reply += 1)
        await agent.room.prisma.reply.create({ data: { conversationId, body: {}, ...of } });
    const before = (await unsent()).length;
    await type('/help');
    expect((await unsent()).length).toBe(before + 1);
  });
});
