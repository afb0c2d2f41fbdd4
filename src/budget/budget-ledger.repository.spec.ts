import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { BudgetSettings } from '../config/budget.settings.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
import { PrismaService } from '../database/prisma.service.js';
import { LeaseLostError } from '../errors/errors.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';
import type { Amount } from './amount.js';
import { BudgetEraser } from './budget-eraser.repository.js';
import { BudgetLedger } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';

/** Connections of each process. */
const POOL = 20;
let room: Room;

beforeAll(async () => {
  room = await Room.open({ poolSize: POOL });
});
beforeEach(() => room.pool.query('DELETE FROM budget_days; DELETE FROM conversations'));
afterAll(() => room.close());

function ledger(settings: Partial<BudgetSettings>): BudgetLedger {
  const limits = new BudgetLimits(Object.assign(new BudgetSettings(), settings));
  return new BudgetLedger(room.prisma, room.leases, limits);
}

const tokens = (count: number): Amount => ({ tokens: BigInt(count), microUsd: 0n });
const cents = (count: number): Amount => ({ tokens: 0n, microUsd: BigInt(count) * 10_000n });

interface Running {
  readonly id: string;
  readonly lease: Lease;
  readonly chat: string;
}

/** A turn that runs, in a chat of its own unless another turn's is given. */
async function running(userId: bigint | null = null, beside?: Running): Promise<Running> {
  const conversation = await (beside
    ? room.prisma.conversation.findFirstOrThrow({ where: { turns: { some: { id: beside.id } } } })
    : room.conversation());
  const { id } = await room.prisma.turn.create({
    data: {
      id: randomUUID(),
      conversationId: conversation.id,
      epoch: 0,
      state: beside ? 'waiting' : 'running',
      userId,
    },
  });
  const lease = beside?.lease ?? (await room.lease(conversation.id));
  return { id, lease, chat: `telegram:${conversation.chatId}` };
}

async function called({ id }: Running, index: number, input: number, output: number, microUsd = 0n) {
  await room.prisma.step.create({
    data: {
      turnId: id,
      index,
      kind: 'model',
      name: 'm',
      requestDigest: 'd',
      result: {},
      inputTokens: input,
      outputTokens: output,
      microUsd,
      startedAt: new Date(),
    },
  });
}

const settle = (by: BudgetLedger, ...turns: Running[]) =>
  room.prisma.$transaction((tx) =>
    by.settle(
      tx,
      turns.map(({ id }) => id),
    ),
  );

/** The rows, as `[scope, key, spent, reserved]` in tokens. */
async function rows() {
  const days = await room.prisma.budgetDay.findMany({ orderBy: [{ scope: 'asc' }, { key: 'asc' }] });
  return days.map(({ scope, key, spentTokens, reservedTokens }) => [
    scope,
    key,
    Number(spentTokens),
    Number(reservedTokens),
  ]);
}

describe('a reservation', () => {
  it('of 1,000 turns in two processes lets exactly the 100 run that the budget allows', async () => {
    const turns = await manyTurns(1_000);
    const pool = new DatabasePool(new Database(room.url), { poolSize: POOL });
    const prisma = new PrismaService(pool);
    try {
      const limits = new BudgetLimits(Object.assign(new BudgetSettings(), { dayTokens: 100_000 }));
      const one = new BudgetLedger(room.prisma, room.leases, limits);
      const other = new BudgetLedger(prisma, new LeaseRepository(prisma), limits);
      const outcomes: (BudgetScope | null)[] = [];
      // As many at once as there are connections.
      const runner = async (by: BudgetLedger) => {
        for (let turn = turns.pop(); turn; turn = turns.pop())
          outcomes.push(await by.reserve(turn.lease, turn.id, tokens(1_000)));
      };
      await Promise.all([one, other].flatMap((by) => Array.from({ length: POOL }, () => runner(by))));
      expect(outcomes.filter((refused) => refused === null)).toHaveLength(100);
      expect(outcomes.filter((refused) => refused === 'all')).toHaveLength(900);
      expect(await rows()).toEqual([['all', '', 0, 100_000]]);
      expect(await room.prisma.budgetReservation.count()).toBe(100);
    } finally {
      await prisma.$disconnect();
      await pool.end();
    }
  });

  it('is held by user, by chat and by all at once, or by none', async () => {
    const by = ledger({ userDayTokens: 5_000, chatDayTokens: 8_000, dayTokens: 9_000 });
    const first = await running(7n);
    expect(await by.reserve(first.lease, first.id, tokens(5_000))).toBeNull();
    const sameUser = await running(7n);
    expect(await by.reserve(sameUser.lease, sameUser.id, tokens(1))).toBe('user');
    const sameChat = await running(8n, first);
    expect(await by.reserve(sameChat.lease, sameChat.id, tokens(4_000))).toBe('chat');
    const anybody = await running(9n);
    expect(await by.reserve(anybody.lease, anybody.id, tokens(4_001))).toBe('all');
    expect(await by.reserve(anybody.lease, anybody.id, tokens(4_000))).toBeNull();
    expect(await rows()).toEqual(
      [
        ['user', 'telegram:7', 0, 5_000],
        ['user', 'telegram:9', 0, 4_000],
        ['chat', first.chat, 0, 5_000],
        ['chat', anybody.chat, 0, 4_000],
        ['all', '', 0, 9_000],
      ].toSorted(byScopeAndKey),
    );
  });

  it('in money is as exact as one in tokens', async () => {
    const by = ledger({ dayMicroUsd: 1_000_000n });
    const [a, b] = [await running(), await running()];
    expect(await by.reserve(a.lease, a.id, cents(60))).toBeNull();
    expect(await by.reserve(b.lease, b.id, cents(41))).toBe('all');
    expect(await by.reserve(b.lease, b.id, cents(40))).toBeNull();
  });

  it('that is more than the whole budget is refused on a day that nobody has used yet', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running();
    expect(await by.reserve(turn.lease, turn.id, tokens(9_001))).toBe('all');
    expect(await rows()).toEqual([]);
  });

  it('asked for again by whoever goes on with the turn is the same one, and grows by what it lacks', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running(7n);
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    const next = await room.takeOver(turn.lease.conversationId);
    expect(await by.reserve(next, turn.id, tokens(5_000))).toBeNull();
    expect(await by.reserve(next, turn.id, tokens(4_000))).toBeNull();
    expect(await rows()).toEqual([['user', 'telegram:7', 0, 5_000]]);
    expect(await by.reserve(next, turn.id, tokens(9_000))).toBeNull();
    expect(await by.reserve(next, turn.id, tokens(9_001))).toBe('user');
    expect(await rows()).toEqual([['user', 'telegram:7', 0, 9_000]]);
  });

  it('is not made by a worker that has lost the lease', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running();
    await room.takeOver(turn.lease.conversationId);
    await expect(by.reserve(turn.lease, turn.id, tokens(1))).rejects.toThrow(LeaseLostError);
    expect(await rows()).toEqual([]);
  });

  it('stays with its day over midnight', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running(7n);
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await room.pool.query(
      'UPDATE budget_days SET day = day - 1; UPDATE budget_reservations SET day = day - 1',
    );
    await by.reserve(turn.lease, turn.id, tokens(6_000));
    await called(turn, 0, 5_500, 0);
    await settle(by, turn);
    const days = await room.prisma.budgetDay.findMany({ where: { scope: 'user' } });
    expect(days).toMatchObject([{ spentTokens: 5_500n, reservedTokens: 0n }]);
  });
});

describe('settling', () => {
  it('puts what was used in the place of what was reserved, once', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const turn = await running(7n);
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 300, 50, 12n);
    const settled = [
      ['user', 'telegram:7', 350, 0],
      ['chat', turn.chat, 350, 0],
      ['all', '', 350, 0],
    ];
    await settle(by, turn);
    expect(await rows()).toEqual(settled);
    await settle(by, turn);
    expect(await rows()).toEqual(settled);
    expect(await room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      inputTokens: 300,
      outputTokens: 50,
      microUsd: 12n,
    });
  });

  it('counts of a turn that is replayed only what came on top', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running(7n);
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 300, 50);
    await settle(by, turn);
    await by.reserve(turn.lease, turn.id, tokens(4_000));
    await called(turn, 2, 500, 100);
    await settle(by, turn);
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 950, 0],
      ['chat', turn.chat, 950, 0],
    ]);
  });

  it('releases all of it where no model call was finished', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running(7n);
    await by.reserve(turn.lease, turn.id, tokens(9_000));
    await settle(by, turn);
    expect(await rows()).toEqual([['all', '', 0, 0]]);
    const next = await running();
    expect(await by.reserve(next.lease, next.id, tokens(9_000))).toBeNull();
  });

  it('records user and chat where nothing is limited, and touches no row that all turns share', async () => {
    const by = ledger({});
    const [known, unknown] = [await running(7n), await running(null)];
    await called(known, 0, 10, 5);
    await called(unknown, 0, 20, 5);
    await settle(by, known, unknown);
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 15, 0],
      ...[
        ['chat', known.chat, 15, 0],
        ['chat', unknown.chat, 25, 0],
      ].toSorted(byScopeAndKey),
    ]);
  });

  it('of many turns that share users and chats never waits in a circle', async () => {
    const by = ledger({ userDayTokens: 1_000_000, chatDayTokens: 1_000_000, dayTokens: 1_000_000 });
    const chats = await Promise.all(Array.from({ length: 20 }, (_, n) => running(BigInt(n % 3))));
    const more = await Promise.all(chats.map((chat, n) => running(BigInt((n + 1) % 3), chat)));
    for (const { lease, id } of [...chats, ...more]) await by.reserve(lease, id, tokens(100));
    await Promise.all(chats.map((chat, n) => settle(by, ...[chat, more[n] ?? chat].toSorted(() => n % 2))));
    expect((await rows()).filter(([, , , reserved]) => reserved !== 0)).toEqual([]);
  });

  it('of what was reserved under settings that are gone leaves nothing reserved', async () => {
    const turn = await running(7n);
    await ledger({ dayTokens: 9_000 }).reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 10, 0);
    await settle(ledger({}), turn);
    expect(await rows()).toContainEqual(['all', '', 10, 0]);
  });
});

describe('a limit for all that is new today', () => {
  it('counts what was used before it', async () => {
    const turn = await running(7n);
    await called(turn, 0, 600, 0);
    await settle(ledger({}), turn);
    const by = ledger({ dayTokens: 1_000 });
    await Promise.all([by.catchUp(), by.catchUp()]);
    expect(await rows()).toContainEqual(['all', '', 600, 0]);
    const next = await running();
    expect(await by.reserve(next.lease, next.id, tokens(401))).toBe('all');
    expect(await by.reserve(next.lease, next.id, tokens(400))).toBeNull();
    await by.catchUp();
    expect(await rows()).toContainEqual(['all', '', 600, 400]);
  });
});

describe('erasing a chat', () => {
  it('keeps the sums of its days and nothing that names it', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const eraser = new BudgetEraser(by);
    for (const spent of [100, 200]) {
      const { chatId, id: conversationId } = await room.conversation();
      const chat = `telegram:${chatId}`;
      const turn = { id: randomUUID(), lease: await room.lease(conversationId), chat };
      await room.prisma.turn.create({
        data: { id: turn.id, conversationId, epoch: 0, state: 'running', userId: chatId },
      });
      await by.reserve(turn.lease, turn.id, tokens(5_000));
      await called(turn, 0, spent, 0);
      await room.prisma.$transaction(async (tx) => {
        await eraser.erase(tx, { conversationId, chat, lastOfChat: true });
        await tx.conversation.delete({ where: { id: conversationId } });
      });
    }
    expect(await rows()).toEqual([
      ['chat', '', 300, 0],
      ['all', '', 300, 0],
    ]);
    expect(await room.prisma.budgetReservation.count()).toBe(0);
  });
});

function byScopeAndKey(a: readonly unknown[], b: readonly unknown[]): number {
  const order = ([scope, key]: readonly unknown[]) =>
    `${['user', 'chat', 'all'].indexOf(String(scope))} ${String(key)}`;
  return order(a) < order(b) ? -1 : 1;
}

async function manyTurns(count: number): Promise<Running[]> {
  await room.pool.query(
    `WITH chats AS (
       INSERT INTO conversations (id, channel, chat_id, chat_type)
       SELECT gen_random_uuid(), 'many', n, 'private' FROM generate_series(1, $1::int) AS n RETURNING id
     ), turns AS (
       INSERT INTO turns (id, conversation_id, epoch, state) SELECT gen_random_uuid(), id, 0, 'running' FROM chats
     )
     INSERT INTO leases (conversation_id, lane, token, expires_at)
     SELECT id, 'turns', 1, now() + interval '1 hour' FROM chats`,
    [count],
  );
  const turns = await room.rows<{ id: string; conversationId: string }>(
    `SELECT t.id, t.conversation_id AS "conversationId" FROM turns t
     JOIN conversations c ON c.id = t.conversation_id WHERE c.channel = 'many'`,
  );
  return turns.map(({ id, conversationId }) => ({
    id,
    lease: { conversationId, lane: 'turns', token: 1n },
    chat: '',
  }));
}
