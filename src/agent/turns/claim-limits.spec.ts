import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { textUpdate } from '../../../test/support/updates.js';
import type { Conversation } from '../../generated/prisma/client.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** Stores `count` waiting messages of this text. */
async function wait({ id, chatId }: Conversation, text: string, count: number): Promise<void> {
  const updates = Array.from({ length: count }, () => textUpdate(Number(chatId), text));
  await agent.room.prisma.event.createMany({
    data: updates.map((update) => ({
      source: 'telegram',
      externalId: String(update.update_id),
      conversationId: id,
      kind: 'message' as const,
      payload: JSON.parse(JSON.stringify(update)),
    })),
  });
}

/** The number of messages of each of the conversation's turns. */
async function sizes(conversation: Conversation): Promise<number[]> {
  const sizes: number[] = [];
  for (;;) {
    const lease = await agent.room.takeOver(conversation.id);
    const claimed = await agent.claimNext(lease, conversation);
    if (claimed.kind !== 'turn') return sizes;
    sizes.push(claimed.heard.length);
    await agent.completion.finish(lease, claimed.turn, { text: 'ok', model: null, errorCode: null });
  }
}

describe('A turn', () => {
  it('owns at most 200 messages, the oldest, and leaves the rest to the next', async () => {
    const conversation = await agent.room.conversation();
    await wait(conversation, 'hi', 230);
    expect(await sizes(conversation)).toEqual([200, 30]);
    const events = await agent.room.prisma.event.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    });
    const owners = events.map(({ turnId }) => turnId ?? '');
    expect(owners).toEqual(owners.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
  });

  it('owns no message behind an unhandled command', async () => {
    const conversation = await agent.room.conversation();
    for (const text of ['before', '/reset', 'behind']) await agent.room.event(conversation, text);
    const lease = await agent.room.lease(conversation.id);
    const owned = async () => {
      const now = (await agent.room.conversations.find(conversation.id)) ?? conversation;
      const claimed = await agent.claimNext(lease, now);
      if (claimed.kind !== 'turn') return claimed;
      await agent.completion.finish(lease, claimed.turn, { text: 'ok', model: null, errorCode: null });
      const own = { turnId: claimed.turn.id, role: 'user' } as const;
      const [message, ...more] = await agent.room.prisma.message.findMany({ where: own });
      return { text: message?.text, epoch: message?.epoch, more };
    };
    expect(await owned()).toEqual({ text: 'before', epoch: 0, more: [] });
    expect(await owned()).toEqual({ kind: 'later', delayMs: 250, deferred: [] });
    await agent.commands.handleWaiting(conversation.id, lease);
    expect(await owned()).toEqual({ text: 'behind', epoch: 1, more: [] });
  });

  it('owns as many as fill half of the context, and a longer one by itself', async () => {
    const conversation = await agent.room.conversation();
    const text = 'word '.repeat(1_000);
    const fitting = Math.floor(agent.contextSettings.contextTokens / 2 / agent.tokens.count(text));
    await wait(conversation, text, fitting + 1);
    await wait(conversation, 'word '.repeat(agent.contextSettings.contextTokens), 1);
    expect(await sizes(conversation)).toEqual([fitting, 1, 1]);
  });
});
