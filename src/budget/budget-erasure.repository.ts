import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';
import { nothing } from './amount.js';
import { BudgetLedgerRepository } from './budget-ledger.repository.js';

export interface ErasedConversation {
  readonly conversationId: string;
  /** The chat's key in the budgets: `telegram:42`. */
  readonly chat: string;
  /** No other topic of the chat is left. */
  readonly lastOfChat: boolean;
}

/**
 * Removes the owner of an erased chat's figures; the sums stay. A group member's own figures, elsewhere and there, stay
 * too; those of a private chat's user are removed.
 */
@Injectable()
export class BudgetErasureRepository {
  constructor(private readonly ledger: BudgetLedgerRepository) {}

  /** Call it while the conversation and its turns still exist, and its leases are locked. */
  async erase(tx: Prisma.TransactionClient, erased: ErasedConversation): Promise<void> {
    const { conversationId, chat, lastOfChat } = erased;
    // In the lock order of all transactions: users, chats, all. A private chat has its user's id.
    if (lastOfChat) await tx.$executeRaw`DELETE FROM budget_days WHERE scope = 'user' AND key = ${chat}`;
    const open = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM turns WHERE conversation_id = ${conversationId}::uuid AND state NOT IN ('done', 'failed', 'cancelled')`;
    await this.ledger.settleReservation(
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
