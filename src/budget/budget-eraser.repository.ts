import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';
import { nothing } from './amount.js';
import { BudgetLedger } from './budget-ledger.repository.js';

export interface ErasedConversation {
  readonly conversationId: string;
  /** As the budgets name it: `telegram:42`. */
  readonly chat: string;
  /** No other topic of the chat is left. */
  readonly lastOfChat: boolean;
}

/**
 * Forgets whose the figures of an erased chat were; the sums stay. What a group's members used elsewhere and there is
 * theirs and stays too, a private chat's user goes with it.
 */
@Injectable()
export class BudgetEraser {
  constructor(private readonly ledger: BudgetLedger) {}

  /** Call it while the conversation and its turns are still there, and its leases are locked. */
  async erase(tx: Prisma.TransactionClient, erased: ErasedConversation): Promise<void> {
    const { conversationId, chat, lastOfChat } = erased;
    // In the order in which everybody locks: users, chats, all. A private chat has its user's id.
    if (lastOfChat) await tx.$executeRaw`DELETE FROM budget_days WHERE scope = 'user' AND key = ${chat}`;
    const open = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM turns WHERE conversation_id = ${conversationId}::uuid AND state NOT IN ('done', 'failed', 'cancelled')`;
    await this.ledger.settle(
      tx,
      open.map(({ id }) => id),
      { conversationId, used: nothing },
    );
    if (!lastOfChat) return;
    await tx.$executeRaw`DELETE FROM budget_days WHERE scope = 'user' AND key = ${chat}`;
    await tx.$executeRaw`
      WITH gone AS (DELETE FROM budget_days WHERE scope = 'chat' AND key = ${chat} RETURNING *)
      INSERT INTO budget_days AS d (day, scope, key, spent_tokens, spent_micro_usd)
      SELECT day, scope, '', spent_tokens, spent_micro_usd FROM gone ORDER BY day
      ON CONFLICT (day, scope, key) DO UPDATE
        SET spent_tokens = d.spent_tokens + EXCLUDED.spent_tokens,
            spent_micro_usd = d.spent_micro_usd + EXCLUDED.spent_micro_usd`;
  }
}
