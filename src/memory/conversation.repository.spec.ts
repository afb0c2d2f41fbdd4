import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { ConversationRepository } from './conversation.repository.js';
import type { ChatOfChannel } from './conversation-places.repository.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const newChat = (chatId = BigInt(newChatId()), threadId = 0n): ChatOfChannel => ({
  channel: 'telegram',
  chat: { chatId, threadId, via: null, type: 'private', title: 'Ada', username: null },
});

/** Whose conversation each id is, as the database has it. */
async function chatsOf(ids: readonly (string | undefined)[]): Promise<(bigint | undefined)[]> {
  const found = await room.prisma.conversation.findMany({
    where: { id: { in: ids.flatMap((id) => id ?? []) } },
  });
  const chats = new Map(found.map(({ id, chatId }) => [id, chatId]));
  return ids.map((id) => chats.get(id ?? ''));
}

describe('ConversationRepository', () => {
  it('makes the conversations that do not exist yet, and finds those that do, in the order asked', async () => {
    const chats = Array.from({ length: 20 }, () => newChat());
    const first = await room.conversations.resolve(chats);
    expect(await chatsOf(first)).toEqual(chats.map(({ chat }) => chat.chatId));
    const mixed = [newChat(), ...chats.toReversed()];
    const second = await room.conversations.resolve(mixed);
    expect(second.slice(1)).toEqual(first.toReversed());
  });

  it('tells topics of a chat apart, and nothing else', async () => {
    const chat = newChat();
    const topic = newChat(chat.chat.chatId, 7n);
    const [one, two, again] = await room.conversations.resolve([
      chat,
      topic,
      { ...chat, chat: { ...chat.chat, title: 'Renamed' } },
    ]);
    expect(one).not.toBe(two);
    expect(again).toBe(one);
  });

  it('makes each conversation once though many ask for it at once, in any order', async () => {
    const others = new ConversationRepository(room.prisma, room.pool, room.ids);
    for (let round = 0; round < 20; round += 1) {
      const chats = Array.from({ length: 30 }, () => newChat());
      const [forth, back] = await Promise.all([
        room.conversations.resolve(chats),
        others.resolve(chats.toReversed()),
      ]);
      expect(back?.toReversed()).toEqual(forth);
    }
  });

  it('lets one of many tell a refusal, and one an overflow', async () => {
    const { id } = await room.conversation();
    for (const mark of ['markRefusalTold', 'markOverflowTold'] as const) {
      const told = await Promise.all(
        Array.from({ length: 4 }, () => room.prisma.$transaction((tx) => room.conversations[mark](tx, id))),
      );
      expect(told.filter(Boolean)).toHaveLength(1);
    }
  });
});
