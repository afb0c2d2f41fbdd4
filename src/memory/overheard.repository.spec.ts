import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatMoves } from '../../test/support/delivery-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { GroupSettings } from '../config/group.settings.js';
import type { Conversation } from '../generated/prisma/client.js';
import { OverheardRepository } from './overheard.repository.js';

const TIMEOUT_MS = 5_000;
let room: Room;
let overheard: OverheardRepository;
let group: Conversation;

beforeAll(async () => {
  room = await Room.open();
  overheard = new OverheardRepository(room.pool, new GroupSettings());
});
afterAll(() => room.close());
beforeEach(async () => {
  group = await room.conversation({ chatId: BigInt(-newChatId()), chatType: 'group', contextMessages: 3 });
});

const message = (id: number, text = `said ${id}`, isEdit = false) => ({
  conversationId: group.id,
  channelMessageId: BigInt(id),
  author: 'Bob',
  text,
  isEdit,
});
const keep = (...messages: ReturnType<typeof message>[]) => overheard.keep(messages, TIMEOUT_MS);
const kept = async (conversationId = group.id) =>
  (await overheard.all(conversationId)).map(({ text }) => text);
const choose = (contextMessages: number | null, answersAll = false) =>
  room.prisma.conversation.update({ where: { id: group.id }, data: { contextMessages, answersAll } });

describe('What a group said', () => {
  it('is kept in the order of its own ids, the newest only, each once', async () => {
    expect(await keep(message(5), message(4), message(5))).toEqual(['kept', 'kept', 'kept']);
    expect(await keep(message(6), message(5), message(7))).toEqual(['kept', 'duplicate', 'kept']);
    expect(await kept()).toEqual(['said 5', 'said 6', 'said 7']);
    // One that was let go and comes again pushes nothing out.
    await keep(message(4));
    expect(await kept()).toEqual(['said 5', 'said 6', 'said 7']);
  });

  it('is kept once, and no more of it than the window, however many processes keep it', async () => {
    const other = new OverheardRepository(room.pool, new GroupSettings());
    const ids = Array.from({ length: 30 }, (_, index) => index + 1);
    const outcomes = await Promise.all(
      ids.flatMap((id) => [keep(message(id)), other.keep([message(id)], TIMEOUT_MS)]),
    );
    expect(outcomes).toHaveLength(60);
    await keep(message(31));
    expect(await kept()).toEqual(['said 29', 'said 30', 'said 31']);
  });

  it('says what its author changed it to, if it is still kept', async () => {
    await keep(message(1), message(2));
    expect(await keep(message(2, 'changed', true), message(9, 'unknown', true))).toEqual(['kept', 'kept']);
    expect(await kept()).toEqual(['said 1', 'changed']);
  });

  it('is not kept where the window is closed, every message is answered, the chat blocked or gone', async () => {
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
    expect(await overheard.keep([{ ...message(1), conversationId: randomUUID() }], TIMEOUT_MS)).toEqual([
      'gone',
    ]);
    expect(await kept()).toEqual([]);
  });

  it('is gone when the window closes, and nothing is kept at that moment', async () => {
    await keep(message(1));
    await room.prisma.$transaction(async (tx) => {
      await tx.conversation.update({ where: { id: group.id }, data: { contextMessages: 0 } });
      expect(await keep(message(2), message(1, 'changed', true))).toEqual(['busy', 'busy']);
      await overheard.trim(tx, group.id);
    });
    expect(await keep(message(2))).toEqual(['closed']);
    expect(await kept()).toEqual([]);
  });

  it('is kept beside that of a group whose conversation or messages somebody has locked', async () => {
    const other = await room.conversation({
      chatId: BigInt(-newChatId()),
      chatType: 'group',
      contextMessages: 1,
    });
    const free = (id: number) => ({ ...message(id), conversationId: other.id });
    await overheard.keep([free(1)], TIMEOUT_MS);
    await room.whileLocked('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [group.id], async () => {
      expect(await overheard.keep([message(2), free(2)], TIMEOUT_MS)).toEqual(['busy', 'kept']);
    });
    const lock = 'SELECT FROM overheard WHERE conversation_id = $1 FOR UPDATE';
    await room.whileLocked(lock, [other.id], async () => {
      expect(await overheard.keep([free(3)], TIMEOUT_MS)).toEqual(['kept']);
    });
    await overheard.keep([free(4)], TIMEOUT_MS);
    expect(await kept(other.id)).toEqual(['said 4']);
  });

  it('is gone with a conversation that is being erased, not waited for', async () => {
    await room.pool.query('UPDATE conversations SET erased_at = now() WHERE id = $1', [group.id]);
    expect(await keep(message(1))).toEqual(['gone']);
  });

  it('moves with its chat, before all that is said in the new one, and is forgotten by a /reset there', async () => {
    await keep(message(7_000), message(8_000));
    const toChatId = BigInt(-1_000_000_000_000 - newChatId());
    const there = await room.conversation({ chatId: toChatId, chatType: 'supergroup', contextMessages: 3 });
    await overheard.keep([{ ...message(2), conversationId: there.id }], TIMEOUT_MS);
    await chatMoves(room.prisma).move('telegram', { fromChatId: group.chatId, toChatId });
    expect(await kept()).toEqual(['said 7000', 'said 8000', 'said 2']);
    await keep(message(3));
    expect(await kept()).toEqual(['said 8000', 'said 2', 'said 3']);
    await overheard.forgetBefore(room.prisma, group.id, 3n);
    expect(await kept()).toEqual(['said 3']);
  });

  it('goes with its conversation', async () => {
    await keep(message(1));
    await room.prisma.conversation.delete({ where: { id: group.id } });
    expect(await kept()).toEqual([]);
  });
});
