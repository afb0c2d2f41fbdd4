import * as fc from 'fast-check';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inboxOf } from '../../test/support/inbox.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { newChatId, textUpdate, type TelegramUpdate } from '../../test/support/updates.js';
import { ConversationErasureRepository } from '../memory/erasure/conversation-erasure.repository.js';
import { BudgetErasureRepository } from '../budget/budget-erasure.repository.js';
import { BudgetLedgerRepository } from '../budget/budget-ledger.repository.js';
import { limitsOf } from '../budget/ledger.fixture.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import type { InboxService } from './inbox.service.js';
import { PolledUpdates } from './polled-updates.js';

/** Bots, each with two chats; one process polls for a bot at a time. */
const BOTS = ['telegram', 'telegram:second', 'telegram:third'];
const CHATS = 2;
/** Processes that store polled updates. */
const DOORS = 2;

let room: Room;
let lanes: Lanes;
let unconfirmed: UnconfirmedEvents;
let erasures: ConversationErasureRepository;

beforeAll(async () => {
  room = await Room.open({ poolSize: 20 });
  lanes = await Lanes.open('postgresql', room.url);
  unconfirmed = new UnconfirmedEvents(
    telegramChannel({ token: '1:unused', root: 'http://127.0.0.1:9' }),
    room.conversations,
  );
  const limits = limitsOf({});
  const ledger = new BudgetLedgerRepository(room.prisma, room.leases, limits);
  erasures = new ConversationErasureRepository(room.prisma, new BudgetErasureRepository(ledger));
  // A commit that holds one of these updates fails.
  await room.pool.query(`
    CREATE TABLE failing (external_id text PRIMARY KEY);
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM failing f WHERE f.external_id = NEW.external_id) THEN
          RAISE EXCEPTION 'terminating connection' USING ERRCODE = '57P01';
        END IF;
        RETURN NEW;
      END $$;
    CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()`);
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});

interface Row {
  readonly id: string;
  readonly updateId: number;
  readonly chatId: number;
  readonly state: string;
  readonly ofItsChat: boolean;
}

/** The inbox as seen by Telegram, by an operator who erases, and by workers that claim. */
class World {
  private readonly chats = BOTS.map(() => Array.from({ length: CHATS }, () => 2 * newChatId()));
  private readonly seen = BOTS.map((): TelegramUpdate[] => []);
  private doors = Array.from({ length: DOORS }, () => this.open());
  private readonly locks = new Map<number, { readonly client: PoolClient; readonly erases: boolean }>();
  private readonly accepted = new Map<number, number>();
  private readonly erasedChats = new Set<number>();
  private readonly processed: { chatId: number; updateId: number }[] = [];

  private open(): InboxService {
    return inboxOf(room, lanes.waker);
  }

  /** All bots' batches at once, each requested again until it is stored; old updates are among the new. */
  async poll(door: number, sizes: readonly number[], repeat: number, failAt: number): Promise<void> {
    const batches = BOTS.map((_bot, bot) => this.batch(bot, sizes[bot] ?? 0, repeat));
    const doomed = batches.flat().at(failAt)?.update_id;
    if (failAt >= 0 && doomed !== undefined)
      await room.pool.query('INSERT INTO failing VALUES ($1) ON CONFLICT DO NOTHING', [doomed]);
    await Promise.all(batches.map((batch, bot) => this.store(bot, door, batch)));
  }

  private batch(bot: number, size: number, repeat: number): TelegramUpdate[] {
    const before = this.seen[bot] ?? [];
    // An update that an erasure under way has changed must come again later.
    const free = before.filter(({ message }) => this.locks.get(chatOf(message))?.erases !== true);
    const again = free.slice(Math.max(0, free.length - repeat));
    const chats = this.chats[bot] ?? [];
    const fresh = Array.from({ length: size }, (_, n) => textUpdate(chats[n % CHATS] ?? 0, 'text'));
    before.push(...fresh);
    return [...again, ...fresh];
  }

  private async store(bot: number, door: number, batch: readonly TelegramUpdate[]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const inbox = this.doors[door];
      if (!inbox) throw new Error('no such door');
      try {
        await new PolledUpdates(inbox).accept(BOTS[bot] ?? '', batch);
        break;
      } catch (error) {
        if (tries === 20) throw error;
        await room.pool.query('DELETE FROM failing');
      }
    }
    for (const { update_id, message } of batch) this.accepted.set(update_id, chatOf(message));
  }

  /** A transaction that locks the conversation begins; an erasure takes the rows that it sees at once. */
  async lock(bot: number, chat: number, erases: boolean): Promise<void> {
    const chatId = this.chats[bot]?.[chat] ?? 0;
    if (this.locks.has(chatId)) return;
    const client = await room.pool.connect();
    this.locks.set(chatId, { client, erases });
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM conversations WHERE channel = $1 AND chat_id = $2 FOR UPDATE',
      [BOTS[bot], chatId],
    );
    if (!erases) return;
    this.erasedChats.add(chatId);
    await client.query(
      `UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL WHERE conversation_id = ANY ($1)`,
      [rows.map(({ id }) => id)],
    );
    await client.query('DELETE FROM conversations WHERE id = ANY ($1)', [rows.map(({ id }) => id)]);
  }

  /** An operator erases the chat while updates arrive. */
  async erase(bot: number, chat: number, meanwhile: () => Promise<void>): Promise<void> {
    const chatId = this.chats[bot]?.[chat] ?? 0;
    const found = this.locks.has(chatId) ? null : await this.conversationOf(bot, chatId);
    this.erasedChats.add(found ? chatId : 0);
    await Promise.all([found && erasures.erase(found), meanwhile()]);
  }

  private async conversationOf(bot: number, chatId: number): Promise<string | null> {
    const where = { channel: BOTS[bot] ?? '', chatId: String(chatId) };
    return (await room.prisma.conversation.findFirst({ where }))?.id ?? null;
  }

  async unlock(bot: number, chat: number): Promise<void> {
    const chatId = this.chats[bot]?.[chat] ?? 0;
    const lock = this.locks.get(chatId);
    if (!lock) return;
    this.locks.delete(chatId);
    await lock.client.query('COMMIT');
    lock.client.release();
  }

  /** A process dies with its memory and its pending look-ups. */
  async restart(door: number): Promise<void> {
    await this.doors[door]?.onModuleDestroy();
    this.doors = this.doors.map((inbox, index) => (index === door ? this.open() : inbox));
  }

  /** Workers claim the waiting events of unlocked conversations, in order. */
  async claim(): Promise<void> {
    const rows = await room.rows<{ id: string; updateId: number; chatId: number }>(
      `WITH live AS MATERIALIZED (SELECT id FROM conversations FOR KEY SHARE SKIP LOCKED)
       UPDATE events SET state = 'done' WHERE state = 'waiting' AND conversation_id IN (SELECT id FROM live)
       RETURNING id, external_id::float8 AS "updateId", (payload #>> '{message,chat,id}')::float8 AS "chatId"`,
    );
    this.processed.push(...rows.toSorted((a, b) => Number(a.id) - Number(b.id)));
  }

  async sweep(): Promise<void> {
    await unconfirmed.run();
  }

  /** All work ends, and then every promise must hold. */
  async end(): Promise<void> {
    for (const [bot, chats] of this.chats.entries())
      for (const chat of chats.keys()) await this.unlock(bot, chat);
    for (const inbox of this.doors) await inbox.onModuleDestroy();
    expect(await unconfirmed.run()).toMatchObject({ locked: 0, adrift: 0 });
    await this.claim();
    const rows = await this.rows();
    const known = new Set(rows.map(({ updateId }) => updateId));
    expect(rows).toHaveLength(known.size);
    expect([...this.accepted.keys()].filter((updateId) => !known.has(updateId))).toEqual([]);
    // Only events that an erasure took are left alone.
    const lost = rows.filter(({ state, updateId }) => state !== 'done' && !this.isErased(state, updateId));
    expect(lost).toEqual([]);
    expect(rows.filter(({ state, ofItsChat }) => state === 'done' && !ofItsChat)).toEqual([]);
    for (const chatId of this.chats.flat()) {
      const ids = this.processed.filter((one) => one.chatId === chatId).map(({ updateId }) => updateId);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
    expect(await room.rows('SELECT FROM unconfirmed_events')).toEqual([]);
  }

  private isErased(state: string, updateId: number): boolean {
    return state === 'erased' && this.erasedChats.has(this.accepted.get(updateId) ?? 0);
  }

  private async rows(): Promise<Row[]> {
    return await room.rows<Row>(
      `SELECT e.id, e.external_id::float8 AS "updateId", e.state,
              coalesce(c.channel = e.source AND c.chat_id = e.payload #>> '{message,chat,id}', false) AS "ofItsChat"
       FROM events e LEFT JOIN conversations c ON c.id = e.conversation_id
       WHERE e.external_id = ANY ($1) ORDER BY e.id`,
      [[...this.accepted.keys()].map(String)],
    );
  }
}

const chatOf = ({ chat }: TelegramUpdate['message']): number => Number(Reflect.get(Object(chat), 'id'));

const bot = fc.nat({ max: BOTS.length - 1 });
const chat = fc.nat({ max: CHATS - 1 });
const door = fc.nat({ max: DOORS - 1 });
const step: fc.Arbitrary<(world: World) => Promise<void>> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        door,
        sizes: fc.oneof(
          { weight: 3, arbitrary: fc.array(fc.nat({ max: 6 }), { minLength: 3, maxLength: 3 }) },
          // More than one commit holds, so that a batch is split.
          fc.constant([110, 110, 110]),
        ),
        repeat: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
        failAt: fc.oneof(fc.constant(-1), fc.nat({ max: 250 })),
      })
      .map((of) => (world: World) => world.poll(of.door, of.sizes, of.repeat, of.failAt)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(bot, chat, fc.boolean()).map((of) => (world: World) => world.lock(...of)),
  },
  { weight: 2, arbitrary: fc.tuple(bot, chat).map((of) => (world: World) => world.unlock(...of)) },
  {
    weight: 1,
    arbitrary: fc.tuple(bot, chat, door, fc.array(fc.nat({ max: 6 }), { minLength: 3, maxLength: 3 })).map(
      ([of, one, at, sizes]) =>
        (world: World) =>
          world.erase(of, one, () => world.poll(at, sizes, 0, -1)),
    ),
  },
  {
    // An event stored during an erasure must come first in the chat's next conversation, and be claimed first.
    weight: 1,
    arbitrary: fc.tuple(bot, chat, door, door).map(([of, one, first, then]) => async (world: World) => {
      await world.lock(of, one, true);
      await world.poll(first, [4, 4, 4], 0, -1);
      await world.restart(first);
      await world.unlock(of, one);
      await world.poll(then, [4, 4, 4], 0, -1);
      await world.claim();
    }),
  },
  { weight: 1, arbitrary: door.map((one) => (world: World) => world.restart(one)) },
  { weight: 2, arbitrary: fc.constant((world: World) => world.claim()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.sweep()) },
);

it('keeps every accepted update once, in the order of its chat, in a conversation of its chat', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const world = new World();
      // Every chat has its conversation, which steps may lock.
      await world.poll(0, [2, 2, 2], 0, -1);
      for (const take of steps) await take(world);
      await world.end();
    }),
    { numRuns: 12 },
  );
}, 600_000);
