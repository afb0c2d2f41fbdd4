import { describe, expect, it } from 'vitest';
import { LeaseLostError } from '../platform/errors/errors.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import type { BudgetLedgerRepository } from './budget-ledger.repository.js';
import { BudgetErasureRepository } from './budget-erasure.repository.js';
import { openLedgerFixture, tokens } from './ledger.fixture.js';

const fixture = openLedgerFixture();
const { ledger, running, called, rows } = fixture;

const held = () => fixture.room.prisma.summaryReservation.count();

/** A conversation that is getting a summary. */
async function summarised(
  chatType = 'supergroup',
): Promise<{ lease: Lease; chat: string; conversationId: string }> {
  const { id, chatId } = await fixture.room.conversation({ chatType });
  return { lease: await fixture.room.lease(id, 'summaries'), chat: `telegram:${chatId}`, conversationId: id };
}

const settleSummary = (by: BudgetLedgerRepository, { conversationId }: Lease, used: number) =>
  fixture.room.prisma.$transaction((tx) =>
    by.settleReservation(tx, [], { conversationId, used: tokens(used) }),
  );

describe('A summary', () => {
  it('of a private chat counts for its user too', async () => {
    const by = ledger({ userDayTokens: 5_000 });
    const { lease, chat } = await summarised('private');
    expect(await by.reserveForSummary(lease, tokens(5_001))).toBe('user');
    expect(await by.reserveForSummary(lease, tokens(5_000))).toBeNull();
    expect(await rows()).toEqual([['user', chat, 0, 5_000]]);
    await settleSummary(by, lease, 700);
    expect(await rows()).toEqual([
      ['user', chat, 700, 0],
      ['chat', chat, 700, 0],
    ]);
  });

  it('of a group counts for its chat and for all, and for no user', async () => {
    const by = ledger({ userDayTokens: 10, chatDayTokens: 5_000, dayTokens: 6_000 });
    const one = await summarised();
    expect(await by.reserveForSummary(one.lease, tokens(5_001))).toBe('chat');
    expect(await by.reserveForSummary(one.lease, tokens(5_000))).toBeNull();
    const other = await summarised();
    expect(await by.reserveForSummary(other.lease, tokens(1_001))).toBe('all');
    expect(await rows()).toEqual([
      ['chat', one.chat, 0, 5_000],
      ['all', '', 0, 5_000],
    ]);
    expect(await held()).toBe(2);
  });

  it('shares the budget with a turn of the same chat', async () => {
    const by = ledger({ chatDayTokens: 5_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(3_000));
    const lease = await fixture.room.lease(turn.lease.conversationId, 'summaries');
    expect(await by.reserveForSummary(lease, tokens(2_001))).toBe('chat');
    expect(await by.reserveForSummary(lease, tokens(2_000))).toBeNull();
    expect(await by.reserve(turn.lease, turn.id, tokens(3_001))).toBe('chat');
  });

  it('keeps its reservation, and no more, when another process continues it', async () => {
    const by = ledger({ chatDayTokens: 5_000 });
    const { lease, chat } = await summarised();
    await by.reserveForSummary(lease, tokens(4_000));
    const next = await fixture.room.takeOver(lease.conversationId, 'summaries');
    await expect(by.reserveForSummary(lease, tokens(1))).rejects.toThrow(LeaseLostError);
    expect(await by.reserveForSummary(next, tokens(5_000))).toBeNull();
    expect(await rows()).toEqual([['chat', chat, 0, 5_000]]);
  });

  it('replaces its reservation by its usage, once', async () => {
    const by = ledger({ chatDayTokens: 5_000, dayTokens: 9_000 });
    const { lease, chat } = await summarised();
    await by.reserveForSummary(lease, tokens(4_000));
    await settleSummary(by, lease, 700);
    const settled = [
      ['chat', chat, 700, 0],
      ['all', '', 700, 0],
    ];
    expect(await rows()).toEqual(settled);
    expect(await held()).toBe(0);
    await settleSummary(by, lease, 0);
    expect(await rows()).toEqual(settled);
  });

  it('is recorded for its chat without limits', async () => {
    const { lease, chat } = await summarised();
    await settleSummary(ledger({}), lease, 700);
    expect(await rows()).toEqual([['chat', chat, 700, 0]]);
  });

  it('counts for the day on which it reserved', async () => {
    const by = ledger({ chatDayTokens: 5_000 });
    const { lease } = await summarised();
    await by.reserveForSummary(lease, tokens(4_000));
    await fixture.room.pool.query(
      'UPDATE budget_days SET day = day - 1; UPDATE summary_reservations SET day = day - 1',
    );
    await settleSummary(by, lease, 700);
    const days = await fixture.room.prisma.budgetDay.findMany();
    expect(days).toMatchObject([{ spentTokens: 700n, reservedTokens: 0n }]);
  });

  it('of an erased chat leaves no reservation, together with the chat’s turns', async () => {
    const by = ledger({ userDayTokens: 9_000, chatDayTokens: 9_000, dayTokens: 9_000 });
    const turn = await running('7');
    const { conversationId } = turn.lease;
    await by.reserve(turn.lease, turn.id, tokens(3_000));
    await called(turn, 0, 100, 0);
    await by.reserveForSummary(await fixture.room.lease(conversationId, 'summaries'), tokens(2_000));
    await fixture.room.prisma.$transaction(async (tx) => {
      const erased = { conversationId, chat: turn.chat, lastOfChat: true };
      await new BudgetErasureRepository(by).erase(tx, erased);
      await tx.conversation.delete({ where: { id: conversationId } });
    });
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 100, 0],
      ['chat', '', 100, 0],
      ['all', '', 100, 0],
    ]);
    expect(await held()).toBe(0);
  });

  it('never deadlocks with turns that end at the same time', async () => {
    const by = ledger({ userDayTokens: 1_000_000, chatDayTokens: 1_000_000, dayTokens: 1_000_000 });
    const turns = await Promise.all(Array.from({ length: 15 }, (_, n) => running(String(n % 3))));
    for (const { lease, id } of turns) {
      await by.reserve(lease, id, tokens(100));
      await by.reserveForSummary(await fixture.room.lease(lease.conversationId, 'summaries'), tokens(100));
    }
    await Promise.all(turns.flatMap((turn) => [fixture.settle(by, turn), settleSummary(by, turn.lease, 10)]));
    expect((await rows()).filter(([, , , reserved]) => reserved !== 0)).toEqual([]);
    expect((await rows()).at(-1)).toEqual(['all', '', 150, 0]);
  });
});
