import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { ConversationDirectory } from '../inbox/conversation-directory.js';
import { type ChatOfChannel, ConversationRepository } from './conversation.repository.js';

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

  it.each([
    ['once', (_chat: ChatOfChannel, id = '') => `id = '${id}'`],
    ['again and again', ({ chat }: ChatOfChannel) => `chat_id = ${chat.chatId}`],
  ])(
    'gives no chat the conversation of another, when one is erased in the middle of the look-up: %s',
    async (often, which) => {
      const chats = [newChat(), newChat(), newChat()];
      const before = await room.conversations.resolve(chats);
      const [erased = newChat()] = chats;
      await room.pool.query(`
      CREATE FUNCTION erase_meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN DELETE FROM conversations WHERE ${which(erased, before[0])}; RETURN NULL; END $$;
      CREATE TRIGGER erase_meanwhile AFTER INSERT ON conversations FOR EACH STATEMENT EXECUTE FUNCTION erase_meanwhile()`);
      const directory = new ConversationDirectory(room.conversations);
      const outcome = await directory.resolve(chats).catch((error: unknown) => error);
      await room.pool.query('DROP TRIGGER erase_meanwhile ON conversations; DROP FUNCTION erase_meanwhile');
      // Taken from its chat once, there is room for a new one at once.
      if (often === 'once')
        expect(outcome).toEqual([expect.not.stringMatching(before[0] ?? ''), ...before.slice(1)]);
      else expect(outcome).toMatchObject({ code: 'CONVERSATION_ERASED' });
      // The next try makes it anew, and the others are who they were.
      const after = await directory.resolve(chats);
      expect(after.slice(1)).toEqual(before.slice(1));
      expect(await chatsOf(after)).toEqual(chats.map(({ chat }) => chat.chatId));
    },
  );

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

describe('ConversationDirectory', () => {
  it('asks the database once for a chat, and again once it is told to forget it', async () => {
    const directory = new ConversationDirectory(room.conversations);
    const chat = newChat();
    const [id] = await directory.resolve([chat]);
    await room.prisma.conversation.delete({ where: { id: id ?? '' } });
    expect(await directory.resolve([chat])).toEqual([id]);
    directory.forget(chat);
    const [anew] = await directory.resolve([chat]);
    expect(anew).not.toBe(id);
    expect(await chatsOf([anew])).toEqual([chat.chat.chatId]);
  });
});
