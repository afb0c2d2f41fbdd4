import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';

/** Takes what a chat has used and reserved along when the chat gets another id. */
@Injectable()
export class BudgetMover {
  /** @param from,to as the budgets name chats: `telegram:42` */
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
  }
}
