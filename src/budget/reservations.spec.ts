import { describe, expect, it } from 'vitest';
import { DatabasePool } from '../platform/database/database-pool.js';
import { Database } from '../platform/database/database.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { LeaseLostError } from '../platform/errors/errors.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { LeaseRepository } from '../queue/lease/lease.repository.js';
import { BudgetLedgerRepository } from './budget-ledger.repository.js';
import {
  byScopeAndKey,
  cents,
  openLedgerFixture,
  limitsOf,
  POOL,
  type Running,
  tokens,
} from './ledger.fixture.js';

const fixture = openLedgerFixture();
const { ledger, running, called, settle, rows } = fixture;

describe('A reservation', () => {
  it('of 1,000 turns in two processes lets exactly the 100 run that the budget allows', async () => {
    const turns = await manyTurns(1_000);
    const pool = new DatabasePool(new Database(fixture.room.url), { poolSize: POOL });
    const prisma = new PrismaService(pool);
    try {
      const limits = limitsOf({ dayTokens: 100_000 });
      const one = new BudgetLedgerRepository(fixture.room.prisma, fixture.room.leases, limits);
      const other = new BudgetLedgerRepository(prisma, new LeaseRepository(prisma), limits);
      const outcomes: (BudgetScope | null)[] = [];
      // As many at once as there are connections.
      const runner = async (by: BudgetLedgerRepository) => {
        for (let turn = turns.pop(); turn; turn = turns.pop())
          outcomes.push(await by.reserve(turn.lease, turn.id, tokens(1_000)));
      };
      await Promise.all([one, other].flatMap((by) => Array.from({ length: POOL }, () => runner(by))));
      expect(outcomes.filter((refused) => refused === null)).toHaveLength(100);
      expect(outcomes.filter((refused) => refused === 'all')).toHaveLength(900);
      expect(await rows()).toEqual([['all', '', 0, 100_000]]);
      expect(await fixture.room.prisma.budgetReservation.count()).toBe(100);
    } finally {
      await prisma.$disconnect();
      await pool.end();
    }
  });

  it('is made by user, chat and all at once, or not at all', async () => {
    const by = ledger({ userDayTokens: 5_000, chatDayTokens: 8_000, dayTokens: 9_000 });
    const first = await running('7');
    expect(await by.reserve(first.lease, first.id, tokens(5_000))).toBeNull();
    const sameUser = await running('7');
    expect(await by.reserve(sameUser.lease, sameUser.id, tokens(1))).toBe('user');
    const sameChat = await running('8', first);
    expect(await by.reserve(sameChat.lease, sameChat.id, tokens(4_000))).toBe('chat');
    const anybody = await running('9');
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

  it('larger than the whole budget is refused on a day without usage too', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running();
    expect(await by.reserve(turn.lease, turn.id, tokens(9_001))).toBe('all');
    expect(await rows()).toEqual([]);
  });

  it('is reused by the process that continues the turn, and grows by the missing amount', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    const next = await fixture.room.takeOver(turn.lease.conversationId);
    expect(await by.reserve(next, turn.id, tokens(5_000))).toBeNull();
    expect(await by.reserve(next, turn.id, tokens(4_000))).toBeNull();
    expect(await rows()).toEqual([['user', 'telegram:7', 0, 5_000]]);
    expect(await by.reserve(next, turn.id, tokens(9_000))).toBeNull();
    expect(await by.reserve(next, turn.id, tokens(9_001))).toBe('user');
    expect(await rows()).toEqual([['user', 'telegram:7', 0, 9_000]]);
  });

  it('is refused for a worker that has lost the lease', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running();
    await fixture.room.takeOver(turn.lease.conversationId);
    await expect(by.reserve(turn.lease, turn.id, tokens(1))).rejects.toThrow(LeaseLostError);
    expect(await rows()).toEqual([]);
  });

  it('stays with its day over midnight', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await fixture.room.pool.query(
      'UPDATE budget_days SET day = day - 1; UPDATE budget_reservations SET day = day - 1',
    );
    await by.reserve(turn.lease, turn.id, tokens(6_000));
    await called(turn, 0, 5_500, 0);
    await settle(by, turn);
    const days = await fixture.room.prisma.budgetDay.findMany({ where: { scope: 'user' } });
    expect(days).toMatchObject([{ spentTokens: 5_500n, reservedTokens: 0n }]);
  });
});

async function manyTurns(count: number): Promise<Running[]> {
  await fixture.room.pool.query(
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
  const turns = await fixture.room.rows<{ id: string; conversationId: string }>(
    `SELECT t.id, t.conversation_id AS "conversationId" FROM turns t
     JOIN conversations c ON c.id = t.conversation_id WHERE c.channel = 'many'`,
  );
  return turns.map(({ id, conversationId }) => ({
    id,
    lease: { conversationId, lane: 'turns', token: 1n },
    chat: '',
  }));
}
