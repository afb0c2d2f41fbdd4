import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Room } from '../../test/support/room.js';
import { BudgetSettings } from '../config/budget.settings.js';
import { type Lease } from '../lease/lease.repository.js';
import type { Amount } from './amount.js';
import { BudgetLedger } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';

/** Connections of each process. */
export const POOL = 20;

export const tokens = (count: number): Amount => ({ tokens: BigInt(count), microUsd: 0n });
export const cents = (count: number): Amount => ({ tokens: 0n, microUsd: BigInt(count) * 10_000n });

/** A turn with its lease, and its chat as the budgets name it. */
export interface Running {
  readonly id: string;
  readonly lease: Lease;
  readonly chat: string;
}

/** A database without budgets' rows, and turns that reserve and use. */
class LedgerScene {
  room: Room;

  ledger = (settings: Partial<BudgetSettings>): BudgetLedger =>
    new BudgetLedger(this.room.prisma, this.room.leases, limitsOf(settings));

  /** A turn that runs, in a chat of its own unless another turn's is given. */
  running = async (userId: bigint | null = null, beside?: Running): Promise<Running> => {
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

  /** A model call of the turn is on record. */
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

  settle = (by: BudgetLedger, ...turns: Running[]) =>
    this.room.prisma.$transaction((tx) =>
      by.settle(
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

/** A scene for a spec file: opened and closed with it, empty before each test. */
export function ledgerScene(): LedgerScene {
  const scene = new LedgerScene();
  beforeAll(async () => {
    scene.room = await Room.open({ poolSize: POOL });
  });
  beforeEach(() => scene.room.pool.query('DELETE FROM budget_days; DELETE FROM conversations'));
  afterAll(() => scene.room.close());
  return scene;
}
