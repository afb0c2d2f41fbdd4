import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';

/** Moves a chat's usage and reservations to its new id. */
@Injectable()
export class BudgetMigrationRepository {
  /** @param from,to the chats' keys in the budgets: `telegram:42` */
  async move(tx: Prisma.TransactionClient, from: string, to: string): Promise<void> {
    await tx.$executeRaw`
      WITH gone AS (DELETE FROM budget_days WHERE scope = 'chat' AND key = ${from} RETURNING *)
      INSERT INTO budget_days AS d
        (day, scope, key, spent_tokens, spent_micro_usd, reserved_tokens, reserved_micro_usd)
      SELECT day, scope, ${to}, spent_tokens, spent_micro_usd, reserved_tokens, reserved_micro_usd
      FROM gone ORDER BY day
      ON CONFLICT (day, scope, key) DO UPDATE
        SET spent_tokens = d.spent_tokens + EXCLUDED.spent_tokens,
            spent_micro_usd = d.spent_micro_usd + EXCLUDED.spent_micro_usd,
            reserved_tokens = d.reserved_tokens + EXCLUDED.reserved_tokens,
            reserved_micro_usd = d.reserved_micro_usd + EXCLUDED.reserved_micro_usd`;
    await tx.$executeRaw`UPDATE budget_reservations SET key = ${to} WHERE scope = 'chat' AND key = ${from}`;
    await tx.$executeRaw`UPDATE summary_reservations SET key = ${to} WHERE scope = 'chat' AND key = ${from}`;
  }

  /**
   * Releases the reservation of the summary of a conversation that is merged into another: its holder has lost the
   * lease and can settle nothing.
   */
  async releaseSummary(tx: Prisma.TransactionClient, conversationId: string): Promise<void> {
    await tx.$executeRaw`
      WITH released AS (
        DELETE FROM summary_reservations WHERE conversation_id = ${conversationId}::uuid RETURNING *
      ), locked AS MATERIALIZED (
        SELECT d.day, d.scope, d.key, f.tokens, f.micro_usd
        FROM released f JOIN budget_days d ON d.day = f.day AND d.scope = f.scope AND d.key = f.key
        ORDER BY d.scope, d.key, d.day FOR UPDATE OF d
      )
      UPDATE budget_days d
      SET reserved_tokens = greatest(0, d.reserved_tokens - l.tokens),
          reserved_micro_usd = greatest(0, d.reserved_micro_usd - l.micro_usd)
      FROM locked l WHERE d.day = l.day AND d.scope = l.scope AND d.key = l.key`;
  }
}
