import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId } from '../channel/ids.js';
import { chatMigrations } from '../../test/support/delivery-parts.js';
import { Room } from '../../test/support/room.js';
import { telegramParts } from '../../test/support/telegram-channel.js';
import { newChatId } from '../../test/support/updates.js';
import type { Received } from '../channel/channel.js';
import type { Conversation } from '../generated/prisma/client.js';
import { TelegramChannel } from '../telegram/telegram-channel.js';
import { UnconfirmedEvents } from './unconfirmed-events.js';

/** Fails at one text, as a faulty reader may. */
class OddReader extends TelegramChannel {
  override read(channel: string, payload: unknown): Received | null {
    if (JSON.stringify(payload).includes('odd')) throw new TypeError('odd');
    return super.read(channel, payload);
  }
}

const LOCK = 'SELECT FROM conversations WHERE id = $1 FOR UPDATE';
let room: Room;
let events: UnconfirmedEvents;
let conversation: Conversation;

beforeAll(async () => {
  room = await Room.open();
  const channel = new OddReader(...telegramParts({ token: '1:unused', root: 'http://127.0.0.1:9' }));
  events = new UnconfirmedEvents(channel, room.conversations);
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.pool.query('DELETE FROM unconfirmed_events');
  conversation = await room.conversation();
});

/** Stored while the conversation was locked. */
async function unconfirmed(text: string, change = {}): Promise<bigint> {
  const id = await room.event(conversation, text, change);
  await room.pool.query('INSERT INTO unconfirmed_events VALUES ($1)', [id]);
  return id;
}
const erase = async () => {
  await room.prisma.conversation.delete({ where: { id: conversation.id } });
};
const listed = async () =>
  (await room.rows<{ id: string }>('SELECT event_id AS id FROM unconfirmed_events ORDER BY 1')).map(
    ({ id }) => BigInt(id),
  );
const ofChat = (chatId = conversation.chatId) =>
  room.prisma.conversation.findMany({ where: { chatId }, select: { id: true, title: true } });
const inConversation = (id: string) =>
  room.rows<{ text: string; state: string }>(
    `SELECT payload #>> '{message,text}' AS text, state FROM events WHERE conversation_id = $1 ORDER BY id`,
    [id],
  );

describe('An event that was stored while its conversation was locked', () => {
  it('stays in its conversation once that is unlocked, and its lane may be woken', async () => {
    const ids = [await unconfirmed('hello'), await unconfirmed('/help')];
    await room.whileLocked(LOCK, [conversation.id], async () => {
      expect(await events.run()).toEqual({ confirmed: [], locked: 2, adrift: 0 });
      expect(await listed()).toEqual(ids);
    });
    const { id: conversationId } = conversation;
    expect(await events.run()).toEqual({
      confirmed: [
        { conversationId, kind: 'message' },
        { conversationId, kind: 'command' },
      ].map((one) => expect.objectContaining(one)),
      locked: 0,
      adrift: 0,
    });
    expect(await listed()).toEqual([]);
    expect(await events.run()).toEqual({ confirmed: [], locked: 0, adrift: 0 });
  });

  it('goes to its chat’s present conversation, in order, and makes one where there is none', async () => {
    await unconfirmed('one');
    await unconfirmed('two');
    await unconfirmed('dropped', { state: 'dropped' });
    await erase();
    const { confirmed, adrift } = await events.run();
    expect(adrift).toBe(0);
    const [made, ...none] = await ofChat();
    expect(none).toEqual([]);
    expect(confirmed.map(({ conversationId }) => conversationId)).toEqual([made?.id, made?.id]);
    expect(await inConversation(made?.id ?? '')).toEqual([
      { text: 'one', state: 'waiting' },
      { text: 'two', state: 'waiting' },
    ]);
    expect(await listed()).toEqual([]);
  });

  it('waits while its chat’s present conversation is locked as well', async () => {
    await unconfirmed('hello');
    await erase();
    const now = await room.conversation({ chatId: conversation.chatId });
    await room.whileLocked(LOCK, [now.id], async () => {
      expect(await events.run()).toEqual({ confirmed: [], locked: 0, adrift: 1 });
    });
    expect((await events.run()).confirmed).toMatchObject([{ conversationId: now.id }]);
  });

  it('follows its chat: the group became a supergroup that was used already', async () => {
    const fromChatId = ChatId(String(-newChatId()));
    const toChatId = ChatId(String(-1_000_000_000_000 - newChatId()));
    await room.conversation({ chatId: toChatId, chatType: 'supergroup', createdAt: new Date(0) });
    conversation = await room.conversation({ chatId: fromChatId, chatType: 'group' });
    await chatMigrations(room.prisma).migrate('telegram', { fromChatId, toChatId });
    expect(await ofChat(fromChatId)).toEqual([]);
    await unconfirmed('late');
    const [kept] = await ofChat(toChatId);
    expect((await events.run()).confirmed).toMatchObject([{ conversationId: kept?.id }]);
    expect(await inConversation(kept?.id ?? '')).toMatchObject([{ text: 'late' }]);
  });

  it('stays listed where reading it fails, and holds up no other event', async () => {
    const odd = await unconfirmed('odd');
    await unconfirmed('hello');
    await erase();
    const { confirmed, adrift } = await events.run();
    const [made] = await ofChat();
    expect([confirmed, adrift]).toMatchObject([[{ conversationId: made?.id }], 0]);
    expect(await inConversation(made?.id ?? '')).toEqual([{ text: 'hello', state: 'waiting' }]);
    expect(await listed()).toEqual([odd]);
  });

  it('is left alone once it was erased or claimed', async () => {
    await unconfirmed('erased', { state: 'erased', conversationId: null });
    await unconfirmed('done', { state: 'done' });
    await erase();
    expect(await events.run()).toEqual({ confirmed: [], locked: 0, adrift: 0 });
    expect(await listed()).toEqual([]);
    expect(await ofChat()).toEqual([]);
  });

  it('stays erased where an erasure takes it between the check and the assignment', async () => {
    const eventId = await unconfirmed('erased', { state: 'erased', conversationId: null });
    const attachment = { eventId: String(eventId), conversationId: conversation.id };
    expect(await room.conversations.unconfirmed.attach([attachment])).toEqual([]);
    expect(await inConversation(conversation.id)).toEqual([]);
  });

  it('is assigned by one process: a late one finds it off the list', async () => {
    const eventId = String(await unconfirmed('hello'));
    const { id: late } = await room.conversation();
    const attach = (conversationId: string) =>
      room.conversations.unconfirmed.attach([{ eventId, conversationId }]);
    expect(await attach(conversation.id)).toEqual([eventId]);
    expect(await attach(late)).toEqual([]);
    expect(await inConversation(conversation.id)).toHaveLength(1);
  });

  it('is one event still, however many processes check at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      conversation = await room.conversation();
      await unconfirmed('one');
      await unconfirmed('two');
      await erase();
      await Promise.all([events.run(), events.run(), events.run()]);
      const [made, ...none] = await ofChat();
      expect(none).toEqual([]);
      expect(await inConversation(made?.id ?? '')).toMatchObject([{ text: 'one' }, { text: 'two' }]);
    }
  });

  it('is erased where it cannot be read', async () => {
    const id = await unconfirmed('hello', { payload: {} });
    await erase();
    expect(await events.run()).toEqual({ confirmed: [], locked: 0, adrift: 0 });
    expect(await room.prisma.event.findUnique({ where: { id } })).toMatchObject({
      state: 'erased',
      payload: null,
    });
  });

  it('is checked even with more locked events before it than one statement takes', async () => {
    const stuck = conversation;
    await room.pool.query(
      `WITH added AS (
         INSERT INTO events (source, external_id, conversation_id, kind)
         SELECT 'telegram', 'stuck ' || n, $1, 'message' FROM generate_series(1, 700) AS n RETURNING id)
       INSERT INTO unconfirmed_events SELECT id FROM added`,
      [stuck.id],
    );
    conversation = await room.conversation();
    await unconfirmed('hello');
    await room.whileLocked(LOCK, [stuck.id], async () => {
      expect(await events.run()).toMatchObject({
        confirmed: [{ conversationId: conversation.id }],
        locked: 700,
      });
    });
  });
});
