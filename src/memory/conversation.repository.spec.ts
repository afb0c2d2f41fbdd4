import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD, ThreadId } from '../channel/ids.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { ConversationRepository } from './conversation.repository.js';
import type { ChatOfChannel } from './conversation-places.repository.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const newChat = (chatId = ChatId(String(newChatId())), threadId = NO_THREAD): ChatOfChannel => ({
  channel: 'telegram',
  chat: { chatId, threadId, via: null, type: 'private', title: 'Ada', username: null },
});

/** The chat of each conversation id, from the database. */
async function chatsOf(ids: readonly (string | undefined)[]): Promise<(string | undefined)[]> {
  const found = await room.prisma.conversation.findMany({
    where: { id: { in: ids.flatMap((id) => id ?? []) } },
  });
  const chats = new Map(found.map(({ id, chatId }) => [id, chatId]));
  return ids.map((id) => chats.get(id ?? ''));
}

describe('ConversationRepository', () => {
  it('makes missing conversations, and finds existing ones, in the order asked', async () => {
    const chats = Array.from({ length: 20 }, () => newChat());
    const first = await room.conversations.resolve(chats);
    expect(await chatsOf(first)).toEqual(chats.map(({ chat }) => chat.chatId));
    const mixed = [newChat(), ...chats.toReversed()];
    const second = await room.conversations.resolve(mixed);
    expect(second.slice(1)).toEqual(first.toReversed());
  });

  it('tells topics of a chat apart, and nothing else', async () => {
    const chat = newChat();
    const topic = newChat(chat.chat.chatId, ThreadId('7'));
    const [one, two, again] = await room.conversations.resolve([
      chat,
      topic,
      { ...chat, chat: { ...chat.chat, title: 'Renamed' } },
    ]);
    expect(one).not.toBe(two);
    expect(again).toBe(one);
  });

  it('makes each conversation once when many ask for it at once, in any order', async () => {
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

  it('lets one of many callers report a refusal, and one an overflow', async () => {
    const { id } = await room.conversation();
    for (const mark of ['markRefusalNotified', 'markOverflowNotified'] as const) {
      const firsts = await Promise.all(
        Array.from({ length: 4 }, () => room.prisma.$transaction((tx) => room.conversations[mark](tx, id))),
      );
      expect(firsts.filter(Boolean)).toHaveLength(1);
    }
  });
});
