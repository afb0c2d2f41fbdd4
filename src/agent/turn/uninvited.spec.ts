import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import type { Conversation } from '../../generated/prisma/client.js';

let agent: AgentRoom;
let group: Conversation;

beforeAll(async () => {
  agent = await AgentRoom.open({ access: { mode: 'pairing' } });
});
afterAll(() => agent.close());
beforeEach(async () => {
  group = await agent.room.conversation({ chatId: BigInt(-newChatId()), chatType: 'supergroup' });
});

/** Somebody with this standing. */
async function person(standing: { role?: 'user'; blockedAt?: Date }): Promise<number> {
  const id = newChatId();
  await agent.room.prisma.personAccess.create({
    data: { channel: 'telegram', userId: BigInt(id), ...standing },
  });
  return id;
}
/** They speak to the bot in the group. */
const speak = (id: number, text: string) => {
  const reply_to_message = { message_id: 1, from: { id: 9, is_bot: true }, text: 'hm' };
  const update = textUpdate(Number(group.chatId), text, { from: { id, first_name: 'N' }, reply_to_message });
  return agent.room.event(group, text, {}, update);
};
/** A task that somebody planned in this conversation. */
const planned = ({ id }: Conversation, userId: bigint) => {
  const sender = {
    userId: String(userId),
    firstName: 'N',
    lastName: null,
    username: null,
    languageCode: null,
  };
  const payload = { number: 1, dueAt: new Date().toISOString(), text: 'tea', sender };
  return agent.room.prisma.event.create({
    data: { source: 'schedule', externalId: `${id}:1`, conversationId: id, kind: 'message', payload },
  });
};
const states = async ({ id }: Conversation) => {
  const events = await agent.room.prisma.event.findMany({
    where: { conversationId: id },
    orderBy: { id: 'asc' },
  });
  return events.map(({ state }) => state);
};
const replies = ({ id }: Conversation) => agent.room.prisma.reply.count({ where: { conversationId: id } });

describe('A turn', () => {
  it('owns what those say who are let in, and nothing else', async () => {
    const [friend, blocked, stranger] = [
      await person({ role: 'user' }),
      await person({ role: 'user', blockedAt: new Date() }),
      newChatId(),
    ];
    for (const [index, id] of [blocked, friend, stranger, friend, stranger].entries())
      await speak(id, `message ${index}`);
    const lease = await agent.room.lease(group.id);
    const claimed = await agent.claim.next(lease, group);
    if (claimed.kind !== 'turn') throw new Error(claimed.kind);
    expect(await states(group)).toEqual(['dropped', 'claimed', 'done', 'claimed', 'done']);
    const messages = await agent.room.prisma.message.findMany({ where: { turnId: claimed.turn.id } });
    expect(messages).toHaveLength(2);
    expect(await replies(group)).toBe(1);
    // Nor does anybody else join it.
    await speak(stranger, 'message 5');
    expect(await agent.claim.join(lease, group, claimed.turn, 1)).toEqual([]);
    expect((await states(group)).at(-1)).toBe('done');
    expect(await replies(group)).toBe(1);
  });

  it('is none where nobody is let in, and what they are told is sent at once', async () => {
    await speak(newChatId(), 'hello');
    expect(await agent.runner().run(group.id)).toEqual({ lane: { next: 'none' }, replied: true });
    await speak(newChatId(), 'hello');
    expect(await agent.runner().run(group.id)).toEqual({ lane: { next: 'none' }, replied: false });
  });

  it('does not begin for what somebody planned who has been put out since, nor are they told a code', async () => {
    const chat = await agent.room.conversation();
    await planned(chat, chat.chatId);
    expect(await agent.runner().run(chat.id)).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states(chat)).toEqual(['dropped']);
    expect(await replies(chat)).toBe(0);
  });

  it('turns nobody away for a worker that has lost the conversation', async () => {
    await speak(newChatId(), 'hello');
    const lease = await agent.room.lease(group.id);
    await agent.room.takeOver(group.id);
    await expect(agent.claim.next(lease, group)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await states(group)).toEqual(['waiting']);
    expect(await replies(group)).toBe(0);
  });
});

describe('The line', () => {
  it('tells only those of their place who will be served', async () => {
    const wait = { position: 3, waitMs: 62_000 };
    const stranger = await agent.room.conversation();
    await agent.room.event(stranger, 'hello');
    await agent.notices().tellWaiting(stranger.id, wait);
    expect(agent.telegram.callsOf('sendMessage', Number(stranger.chatId))).toEqual([]);
    const id = await person({ role: 'user' });
    const friend = await agent.room.conversation({ chatId: BigInt(id) });
    await agent.room.event(friend, 'hello');
    await agent.notices().tellWaiting(friend.id, wait);
    expect(agent.telegram.callsOf('sendMessage', id)).toHaveLength(1);
  });
});
