import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId } from '../../channel/ids.js';
import { chatMigrations } from '../../../test/support/delivery-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import type { ChatMigration } from '../../channel/inbound.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { HistoryMigration, NEWEST_MESSAGES } from './history-migration.js';
import type { MergedConversations } from './merge.js';

/** Rows of each kind in the conversation that goes: several batches. */
const ROWS = NEWEST_MESSAGES + 2_500;

let room: Room;
let move: ChatMigration;
let keep: Conversation;
let gone: Conversation;
let merge: MergedConversations;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  move = {
    fromChatId: ChatId(String(-newChatId())),
    toChatId: ChatId(String(-1_000_000_000_000 - newChatId())),
  };
  keep = await room.conversation({ chatId: move.fromChatId, chatType: 'group', createdAt: new Date(0) });
  gone = await room.conversation({ chatId: move.toChatId, chatType: 'supergroup' });
  merge = { keep: keep.id, gone: gone.id };
});

async function fill({ id }: Conversation): Promise<void> {
  const of = [id, ROWS];
  await room.pool.query(
    `INSERT INTO messages (conversation_id, epoch, role, text) SELECT $1, 0, 'user', i::text FROM generate_series(1, $2::int) i`,
    of,
  );
  await room.pool.query(
    `INSERT INTO events (source, external_id, conversation_id, kind, state, payload)
     SELECT 'telegram', $1::text || i, $1::uuid, 'message', CASE WHEN i % 2 = 0 THEN 'done' ELSE 'dropped' END::event_state, '{}'
     FROM generate_series(1, $2::int) i`,
    of,
  );
  await room.pool.query(
    `INSERT INTO replies (conversation_id, body, state, settled_at) SELECT $1, '{}', 'sent', now() FROM generate_series(1, $2::int)`,
    of,
  );
  await room.pool.query(
    `INSERT INTO turns (id, conversation_id, epoch, state) SELECT gen_random_uuid(), $1, 0, 'done' FROM generate_series(1, $2::int)`,
    of,
  );
}

/** Rows of a conversation: messages, events, replies, turns. */
async function rowsOf({ id }: Conversation): Promise<number[]> {
  const where = { conversationId: id };
  const { message, event, reply, turn } = room.prisma;
  return await Promise.all([
    message.count({ where }),
    event.count({ where }),
    reply.count({ where }),
    turn.count({ where }),
  ]);
}
const moveAll = () => chatMigrations(room.prisma).migrate('telegram', move);

/** A process that is killed after this many commits. */
async function moveSome(commits: number): Promise<number> {
  let rows = 0;
  let done = 0;
  for await (const moved of new HistoryMigration(room.prisma).batches(merge)) {
    rows += moved;
    if ((done += 1) === commits) break;
  }
  return rows;
}

describe('The history of a conversation that is merged into another', () => {
  it('is transferred in small commits, except unsettled rows and the newest messages', async () => {
    await fill(gone);
    await room.event(gone, 'waits');
    await room.prisma.reply.create({ data: { conversationId: gone.id, body: {} } });
    await room.prisma.turn.create({
      data: { id: room.ids.next(), conversationId: gone.id, epoch: 0, state: 'waiting' },
    });
    const sizes: number[] = [];
    for await (const moved of new HistoryMigration(room.prisma).batches(merge)) sizes.push(moved);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(await rowsOf(gone)).toEqual([NEWEST_MESSAGES, 1, 1, 1]);
    const [newest] = await room.rows<{ text: string }>(
      'SELECT text FROM messages WHERE conversation_id = $1 ORDER BY id LIMIT 1',
      [gone.id],
    );
    expect(newest?.text).toBe(String(ROWS - NEWEST_MESSAGES + 1));
  });

  it.each([1, 4, 9])(
    'is complete, in order and without duplicates after its process was killed after %i commits',
    async (commits) => {
      await fill(gone);
      await room.prisma.message.create({
        data: { conversationId: keep.id, epoch: 0, role: 'user', text: 'own' },
      });
      expect(await moveSome(commits)).toBeGreaterThan(0);
      const before = await rowsOf(gone);
      expect(before).not.toEqual([ROWS, ROWS, ROWS, ROWS]);
      expect(await moveAll()).toEqual([keep.id]);
      expect(await rowsOf(keep)).toEqual([ROWS + 1, ROWS, ROWS, ROWS]);
      expect(await room.conversations.find(gone.id)).toBeNull();
      const texts = await room.rows<{ text: string }>(
        `SELECT text FROM messages WHERE conversation_id = $1 AND text <> 'own' ORDER BY id`,
        [keep.id],
      );
      expect(texts.map(({ text }) => Number(text))).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1));
    },
  );

  it('is transferred once by two processes at the same time', async () => {
    await fill(gone);
    await Promise.all([moveAll(), moveAll()]);
    expect(await rowsOf(keep)).toEqual([ROWS, ROWS, ROWS, ROWS]);
  });

  it('belongs to one epoch, whatever is reset during the transfer', async () => {
    await fill(gone);
    await moveSome(12);
    await room.prisma.$transaction((tx) => room.conversations.reset(tx, keep.id, 7n));
    await moveAll();
    const epochs = await room.rows<{ epoch: number }>(
      'SELECT DISTINCT epoch FROM messages WHERE conversation_id = $1',
      [keep.id],
    );
    expect(epochs).toEqual([{ epoch: 0 }]);
    // The reset holds: earlier messages stay before it.
    expect(await room.conversations.find(keep.id)).toMatchObject({ epoch: 1, epochSince: 7n });
  });

  it.each([
    ['the one that lives on is erased', 'keep', 'UPDATE conversations SET erased_at = now() WHERE id = $1'],
    ['the one that goes is erased', 'gone', 'UPDATE conversations SET erased_at = now() WHERE id = $1'],
    ['the one that lives on is gone', 'keep', 'DELETE FROM conversations WHERE id = $1'],
    ['the one that goes is gone', 'gone', 'DELETE FROM conversations WHERE id = $1'],
  ] as const)('ends early where %s meanwhile', async (_what, which, statement) => {
    await fill(gone);
    const batches = new HistoryMigration(room.prisma).batches(merge);
    await batches.next();
    await room.pool.query(statement, [merge[which]]);
    expect(await batches.next()).toMatchObject({ done: true });
  });
});
