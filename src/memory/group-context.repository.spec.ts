import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId } from '../channel/ids.js';
import { chatMigrations } from '../../test/support/delivery-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { GroupSettings } from './group.settings.js';
import type { Conversation } from '../generated/prisma/client.js';
import { GroupContextRepository } from './group-context.repository.js';

const TIMEOUT_MS = 5_000;
let room: Room;
let groupContext: GroupContextRepository;
let group: Conversation;

beforeAll(async () => {
  room = await Room.open();
  groupContext = new GroupContextRepository(room.pool, new GroupSettings());
});
afterAll(() => room.close());
beforeEach(async () => {
  group = await room.conversation({ chatId: String(-newChatId()), chatType: 'group', contextMessages: 3 });
});

const message = (id: number, text = `said ${id}`, isEdit = false) => ({
  conversationId: group.id,
  position: BigInt(id),
  author: 'Bob',
  text,
  isEdit,
});
const keep = (...messages: ReturnType<typeof message>[]) => groupContext.keep(messages, TIMEOUT_MS);
const kept = async (conversationId = group.id) =>
  (await groupContext.all(conversationId)).map(({ text }) => text);
const choose = (contextMessages: number | null, answersAll = false) =>
  room.prisma.conversation.update({ where: { id: group.id }, data: { contextMessages, answersAll } });

describe('The group context', () => {
  it('keeps the newest messages in the order of their ids, each once', async () => {
    expect(await keep(message(5), message(4), message(5))).toEqual(['kept', 'kept', 'kept']);
    expect(await keep(message(6), message(5), message(7))).toEqual(['kept', 'duplicate', 'kept']);
    expect(await kept()).toEqual(['said 5', 'said 6', 'said 7']);
    // A message that was deleted and arrives again replaces no other.
    await keep(message(4));
    expect(await kept()).toEqual(['said 5', 'said 6', 'said 7']);
  });

  it('keeps a message once, and no more than its window, however many processes add', async () => {
    const other = new GroupContextRepository(room.pool, new GroupSettings());
    const ids = Array.from({ length: 30 }, (_, index) => index + 1);
    const outcomes = await Promise.all(
      ids.flatMap((id) => [keep(message(id)), other.keep([message(id)], TIMEOUT_MS)]),
    );
    expect(outcomes).toHaveLength(60);
    await keep(message(31));
    expect(await kept()).toEqual(['said 29', 'said 30', 'said 31']);
  });

  it('takes an author’s change of a message that is still kept', async () => {
    await keep(message(1), message(2));
    expect(await keep(message(2, 'changed', true), message(9, 'unknown', true))).toEqual(['kept', 'kept']);
    expect(await kept()).toEqual(['said 1', 'changed']);
  });

  it('keeps no message where the window is closed, every message is answered, or the chat is blocked or gone', async () => {
    await choose(0);
    expect(await keep(message(1))).toEqual(['closed']);
    await choose(null);
    expect(await keep(message(1))).toEqual(['closed']);
    await choose(5, true);
    expect(await keep(message(1))).toEqual(['closed']);
    await room.prisma.conversation.update({
      where: { id: group.id },
      data: { answersAll: false, status: 'blocked' },
    });
    expect(await keep(message(1))).toEqual(['closed']);
    expect(await groupContext.keep([{ ...message(1), conversationId: randomUUID() }], TIMEOUT_MS)).toEqual([
      'gone',
    ]);
    expect(await kept()).toEqual([]);
  });

  it('is deleted when the window closes, and keeps no message at that moment', async () => {
    await keep(message(1));
    await room.prisma.$transaction(async (tx) => {
      await tx.conversation.update({ where: { id: group.id }, data: { contextMessages: 0 } });
      expect(await keep(message(2), message(1, 'changed', true))).toEqual(['busy', 'busy']);
      await groupContext.trim(tx, group.id);
    });
    expect(await keep(message(2))).toEqual(['closed']);
    expect(await kept()).toEqual([]);
  });

  it('is kept although another session has locked the conversation or messages of another group', async () => {
    const other = await room.conversation({
      chatId: String(-newChatId()),
      chatType: 'group',
      contextMessages: 1,
    });
    const free = (id: number) => ({ ...message(id), conversationId: other.id });
    await groupContext.keep([free(1)], TIMEOUT_MS);
    await room.whileLocked('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [group.id], async () => {
      expect(await groupContext.keep([message(2), free(2)], TIMEOUT_MS)).toEqual(['busy', 'kept']);
    });
    const lock = 'SELECT FROM group_context_messages WHERE conversation_id = $1 FOR UPDATE';
    await room.whileLocked(lock, [other.id], async () => {
      expect(await groupContext.keep([free(3)], TIMEOUT_MS)).toEqual(['kept']);
    });
    await groupContext.keep([free(4)], TIMEOUT_MS);
    expect(await kept(other.id)).toEqual(['said 4']);
  });

  it('is deleted with a conversation that is being erased, without waiting', async () => {
    await room.pool.query('UPDATE conversations SET erased_at = now() WHERE id = $1', [group.id]);
    expect(await keep(message(1))).toEqual(['gone']);
  });

  it('migrates with its chat, before all messages of the new one, and is forgotten by a /reset there', async () => {
    await keep(message(7_000), message(8_000));
    const toChatId = ChatId(String(-1_000_000_000_000 - newChatId()));
    const there = await room.conversation({ chatId: toChatId, chatType: 'supergroup', contextMessages: 3 });
    await groupContext.keep([{ ...message(2), conversationId: there.id }], TIMEOUT_MS);
    await chatMigrations(room.prisma).migrate('telegram', { fromChatId: ChatId(group.chatId), toChatId });
    expect(await kept()).toEqual(['said 7000', 'said 8000', 'said 2']);
    await keep(message(3));
    expect(await kept()).toEqual(['said 8000', 'said 2', 'said 3']);
    await groupContext.forgetBefore(room.prisma, group.id, 3n);
    expect(await kept()).toEqual(['said 3']);
  });

  it('is deleted with its conversation', async () => {
    await keep(message(1));
    await room.prisma.conversation.delete({ where: { id: group.id } });
    expect(await kept()).toEqual([]);
  });
});
