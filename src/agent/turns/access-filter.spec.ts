import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TurnRun } from './turn-run.js';
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
  group = await agent.room.conversation({ chatId: String(-newChatId()), chatType: 'supergroup' });
});

/** A person with this access. */
async function person(access: { role?: 'user'; blockedAt?: Date }): Promise<number> {
  const id = newChatId();
  await agent.room.prisma.personAccess.create({
    data: { channel: 'telegram', userId: String(id), ...access },
  });
  return id;
}
/** A message of theirs to the bot in the group. */
const speak = (id: number, text: string) => {
  const reply_to_message = { message_id: 1, from: { id: 9, is_bot: true }, text: 'hm' };
  const update = textUpdate(Number(group.chatId), text, { from: { id, first_name: 'N' }, reply_to_message });
  return agent.room.event(group, text, {}, update);
};
/** A task that the user planned in this conversation. */
const planned = ({ id }: Conversation, userId: string) => {
  const sender = {
    userId,
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
  it('owns the messages of people with access, and no others', async () => {
    const [friend, blocked, stranger] = [
      await person({ role: 'user' }),
      await person({ role: 'user', blockedAt: new Date() }),
      newChatId(),
    ];
    for (const [index, id] of [blocked, friend, stranger, friend, stranger].entries())
      await speak(id, `message ${index}`);
    const lease = await agent.room.lease(group.id);
    const claimed = await agent.claimNext(lease, group);
    if (claimed.kind !== 'turn') throw new Error(claimed.kind);
    expect(await states(group)).toEqual(['dropped', 'claimed', 'done', 'claimed', 'done']);
    const messages = await agent.room.prisma.message.findMany({ where: { turnId: claimed.turn.id } });
    expect(messages).toHaveLength(2);
    expect(await replies(group)).toBe(1);
    // No message of anybody else joins it.
    await speak(stranger, 'message 5');
    expect(await agent.claim.join(TurnRun.forClaim(lease, group, claimed), 1)).toEqual([]);
    expect((await states(group)).at(-1)).toBe('done');
    expect(await replies(group)).toBe(1);
  });

  it('does not begin without a person with access, and the notices are sent at once', async () => {
    await speak(newChatId(), 'hello');
    expect(await agent.runner().run(group.id)).toEqual({ lane: { next: 'none' }, replied: true });
    await speak(newChatId(), 'hello');
    expect(await agent.runner().run(group.id)).toEqual({ lane: { next: 'none' }, replied: false });
  });

  it('does not begin for a task whose planner has lost access, and sends them no code', async () => {
    const chat = await agent.room.conversation();
    await planned(chat, chat.chatId);
    expect(await agent.runner().run(chat.id)).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states(chat)).toEqual(['dropped']);
    expect(await replies(chat)).toBe(0);
  });

  it('turns nobody away under a lost lease', async () => {
    await speak(newChatId(), 'hello');
    const lease = await agent.room.lease(group.id);
    await agent.room.takeOver(group.id);
    await expect(agent.claimNext(lease, group)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await states(group)).toEqual(['waiting']);
    expect(await replies(group)).toBe(0);
  });
});

describe('The waiting line', () => {
  it('notifies only people with access of their place', async () => {
    const wait = { position: 3, waitMs: 62_000 };
    const stranger = await agent.room.conversation();
    await agent.room.event(stranger, 'hello');
    await agent.notices.tellWaiting(stranger.id, wait);
    expect(agent.telegram.callsOf('sendMessage', Number(stranger.chatId))).toEqual([]);
    const id = await person({ role: 'user' });
    const friend = await agent.room.conversation({ chatId: String(id) });
    await agent.room.event(friend, 'hello');
    await agent.notices.tellWaiting(friend.id, wait);
    expect(agent.telegram.callsOf('sendMessage', id)).toHaveLength(1);
  });
});
