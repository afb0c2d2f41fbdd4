import { Injectable } from '@nestjs/common';
import type { UserId } from '../channel/ids.js';
import { Prisma } from '../generated/prisma/client.js';
import { type Amount, type Limit } from './amount.js';
import { BudgetLimits } from './budget-limits.js';
import { today } from './ledger-statements.js';

/** The usage of a user or a chat, and its daily limit. */
export interface Usage {
  readonly scope: 'user' | 'chat';
  readonly today: Amount;
  /** Today's reservations of running turns. */
  readonly reserved: Amount;
  readonly month: Amount;
  readonly limit: Limit;
}

interface Row {
  readonly scope: 'user' | 'chat';
  readonly todayTokens: bigint;
  readonly todayMicroUsd: bigint;
  readonly reservedTokens: bigint;
  readonly reservedMicroUsd: bigint;
  readonly monthTokens: bigint;
  readonly monthMicroUsd: bigint;
}

@Injectable()
export class UsageRepository {
  constructor(private readonly limits: BudgetLimits) {}

  /** Finds the usage of the user, if one is given, and of the conversation's chat, in this order. */
  async findUsage(
    tx: Prisma.TransactionClient,
    conversationId: string,
    userId: UserId | null,
  ): Promise<Usage[]> {
    const rows = await tx.$queryRaw<Row[]>(usageStatement(conversationId, userId));
    return rows.map((row) => ({
      scope: row.scope,
      today: { tokens: row.todayTokens, microUsd: row.todayMicroUsd },
      reserved: { tokens: row.reservedTokens, microUsd: row.reservedMicroUsd },
      month: { tokens: row.monthTokens, microUsd: row.monthMicroUsd },
      limit: this.limits.day[row.scope],
    }));
  }
}

function usageStatement(conversationId: string, userId: UserId | null): Prisma.Sql {
  const sum = (column: string, ofToday: boolean) => Prisma.sql`
    coalesce(sum(${Prisma.raw(column)}) FILTER (WHERE ${ofToday ? Prisma.sql`d.day = ${today}` : Prisma.sql`true`}), 0)::bigint`;
  return Prisma.sql`
    SELECT b.scope::text AS scope,
           ${sum('d.spent_tokens', true)} AS "todayTokens", ${sum('d.spent_micro_usd', true)} AS "todayMicroUsd",
           ${sum('d.reserved_tokens', true)} AS "reservedTokens",
           ${sum('d.reserved_micro_usd', true)} AS "reservedMicroUsd",
           ${sum('d.spent_tokens', false)} AS "monthTokens", ${sum('d.spent_micro_usd', false)} AS "monthMicroUsd"
    FROM conversations c
    CROSS JOIN LATERAL (VALUES
      ('user'::budget_scope, c.channel || ':' || ${userId}::text),
      ('chat', c.channel || ':' || c.chat_id)
    ) AS b (scope, key)
    LEFT JOIN budget_days d
      ON d.scope = b.scope AND d.key = b.key AND d.day >= date_trunc('month', ${today}::timestamp)::date
    WHERE c.id = ${conversationId}::uuid AND b.key IS NOT NULL
    GROUP BY b.scope ORDER BY b.scope`;
}
