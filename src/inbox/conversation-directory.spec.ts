import { afterAll, beforeAll, expect, describe, it } from 'vitest';
import { ChatId, NO_THREAD } from '../channel/ids.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import { ConversationDirectory, UNKNOWN, UNWELCOME } from './conversation-directory.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const newChat = (): ChatOfChannel => ({
  channel: 'telegram',
  chat: {
    chatId: ChatId(String(newChatId())),
    threadId: NO_THREAD,
    via: null,
    type: 'private',
    title: 'Ada',
    username: null,
  },
});
const newDirectory = () => new ConversationDirectory(room.conversations);
const nobodyIs = { areUnwelcome: () => Promise.resolve([]), beforeEntry: () => Promise.resolve() };
const locate = (directory: ConversationDirectory, ...chats: ChatOfChannel[]) =>
  directory.locate(chats, nobodyIs);
const chatsOf = async (ids: readonly unknown[]) =>
  (
    await room.rows<{ chat_id: string }>(
      'SELECT chat_id FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, n) JOIN conversations USING (id) ORDER BY n',
      [ids],
    )
  ).map(({ chat_id }) => chat_id);

describe('ConversationDirectory', () => {
  it('asks the database once for a chat, and again after forgetting it', async () => {
    const directory = newDirectory();
    const chat = newChat();
    const [id] = await locate(directory, chat);
    await room.prisma.conversation.delete({ where: { id: String(id) } });
    expect(await locate(directory, chat)).toEqual([id]);
    directory.forget(chat);
    const [anew] = await locate(directory, chat);
    expect(anew).not.toBe(id);
    expect(await chatsOf([anew])).toEqual([chat.chat.chatId]);
  });

  it('makes no conversation for unwelcome chats, and asks only about chats without one', async () => {
    const [known, welcome, unwelcome] = [newChat(), newChat(), newChat()];
    await locate(newDirectory(), known);
    const asked: ChatOfChannel[] = [];
    const places = await newDirectory().locate([known, unwelcome, welcome, unwelcome], {
      ...nobodyIs,
      areUnwelcome: (chats) => {
        asked.push(...chats);
        return Promise.resolve(chats.map((chat) => chat === unwelcome));
      },
    });
    expect(asked).toEqual([unwelcome, welcome, unwelcome]);
    expect(places.map((place) => place === UNWELCOME)).toEqual([false, true, false, true]);
    expect(await chatsOf([places[0], places[2]])).toEqual([known.chat.chatId, welcome.chat.chatId]);
    expect(await room.prisma.conversation.count({ where: { chatId: unwelcome.chat.chatId } })).toBe(0);
  });

  it('finds a conversation that is being erased or migrated at this moment, and waits for no lock', async () => {
    const chat = newChat();
    const [id] = await locate(newDirectory(), chat);
    for (const change of [
      'DELETE FROM conversations WHERE id = $1',
      "UPDATE conversations SET chat_id = '-' || chat_id WHERE id = $1",
    ]) {
      await room.whileLocked(change, [id], async () => {
        expect(await locate(newDirectory(), chat)).toEqual([id]);
      });
    }
  });

  it('does not wait for another process that makes the same conversation, and makes the others', async () => {
    const [busy, ...free] = [newChat(), newChat(), newChat()];
    const insert = `INSERT INTO conversations (id, channel, chat_id, chat_type)
                    VALUES (gen_random_uuid(), 'telegram', $1, 'private')`;
    await room.whileLocked(insert, [busy.chat.chatId], async () => {
      const [unknown, ...places] = await locate(newDirectory(), busy, ...free);
      expect(unknown).toBe(UNKNOWN);
      expect(await chatsOf(places)).toEqual(free.map(({ chat }) => chat.chatId));
    });
    expect(await chatsOf(await locate(newDirectory(), busy))).toEqual([busy.chat.chatId]);
  });

  it('gives no chat the conversation of another when one is erased during the look-up', async () => {
    const directory = newDirectory();
    const chats = [newChat(), newChat(), newChat()];
    const before = await locate(newDirectory(), ...chats);
    const places = await directory.locate([...chats, newChat()], {
      ...nobodyIs,
      areUnwelcome: async () => {
        await room.prisma.conversation.delete({ where: { id: String(before[0]) } });
        return [];
      },
    });
    expect(places.slice(0, 3)).toEqual(before);
    directory.forget(newChat());
    for (const chat of chats) directory.forget(chat);
    const after = await locate(directory, ...chats);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(await chatsOf(after)).toEqual(chats.map(({ chat }) => chat.chatId));
  });

  it('has unconfirmed events looked at before an event is stored in a chat that was looked up', async () => {
    const directory = newDirectory();
    const [chat, other] = [newChat(), newChat()];
    let looks = 0;
    const strangers = {
      ...nobodyIs,
      beforeEntry: () => {
        looks += 1;
        return Promise.resolve();
      },
    };
    await directory.locate([chat], strangers);
    expect(looks).toBe(0);
    await room.pool.query('INSERT INTO unconfirmed_events VALUES (1)');
    await directory.locate([chat], strangers);
    expect(looks).toBe(0);
    await directory.locate([chat, other], strangers);
    expect(looks).toBe(1);
    await room.pool.query('DELETE FROM unconfirmed_events');
  });
});
