import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Room } from '../../test/support/room.js';
import { BudgetSettings } from './budget.settings.js';
import { type Lease } from '../queue/lease/lease.repository.js';
import type { Amount } from './amount.js';
import { BudgetLedgerRepository } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';

/** Connections of each process. */
export const POOL = 20;

export const tokens = (count: number): Amount => ({ tokens: BigInt(count), microUsd: 0n });
export const cents = (count: number): Amount => ({ tokens: 0n, microUsd: BigInt(count) * 10_000n });

/** A turn with its lease, and its chat's key in the budgets. */
export interface Running {
  readonly id: string;
  readonly lease: Lease;
  readonly chat: string;
}

/** A database without budget rows, and turns that reserve and use. */
class LedgerFixture {
  room: Room;

  ledger = (settings: Partial<BudgetSettings>): BudgetLedgerRepository =>
    new BudgetLedgerRepository(this.room.prisma, this.room.leases, limitsOf(settings));

  /** A running turn, in a chat of its own unless another turn's is given. */
  running = async (userId: string | null = null, beside?: Running): Promise<Running> => {
    const { prisma } = this.room;
    const conversation = await (beside
      ? prisma.conversation.findFirstOrThrow({ where: { turns: { some: { id: beside.id } } } })
      : this.room.conversation());
    const state = beside ? 'waiting' : 'running';
    const { id } = await prisma.turn.create({
      data: { id: randomUUID(), conversationId: conversation.id, epoch: 0, state, userId },
    });
    const lease = beside?.lease ?? (await this.room.lease(conversation.id));
    return { id, lease, chat: `telegram:${conversation.chatId}` };
  };

  /** A model call of the turn is recorded. */
  called = async (
    { id }: Running,
    index: number,
    inputTokens: number,
    outputTokens: number,
    microUsd = 0n,
  ) => {
    const call = { kind: 'model', name: 'm', requestDigest: 'd', result: {}, startedAt: new Date() } as const;
    await this.room.prisma.step.create({
      data: { ...call, turnId: id, index, inputTokens, outputTokens, microUsd },
    });
  };

  settle = (by: BudgetLedgerRepository, ...turns: Running[]) =>
    this.room.prisma.$transaction((tx) =>
      by.settleReservation(
        tx,
        turns.map(({ id }) => id),
      ),
    );

  /** The rows, as `[scope, key, spent, reserved]` in tokens. */
  rows = async () => {
    const days = await this.room.prisma.budgetDay.findMany({ orderBy: [{ scope: 'asc' }, { key: 'asc' }] });
    return days.map(({ scope, key, spentTokens, reservedTokens }) => [
      scope,
      key,
      Number(spentTokens),
      Number(reservedTokens),
    ]);
  };
}

export function limitsOf(settings: Partial<BudgetSettings>): BudgetLimits {
  return new BudgetLimits(Object.assign(new BudgetSettings(), settings));
}

export function byScopeAndKey(a: readonly unknown[], b: readonly unknown[]): number {
  const order = ([scope, key]: readonly unknown[]) =>
    `${['user', 'chat', 'all'].indexOf(String(scope))} ${String(key)}`;
  return order(a) < order(b) ? -1 : 1;
}

/** A fixture for a spec file: opened and closed with it, empty before each test. */
export function openLedgerFixture(): LedgerFixture {
  const fixture = new LedgerFixture();
  beforeAll(async () => {
    fixture.room = await Room.open({ poolSize: POOL });
  });
  beforeEach(() => fixture.room.pool.query('DELETE FROM budget_days; DELETE FROM conversations'));
  afterAll(() => fixture.room.close());
  return fixture;
}
