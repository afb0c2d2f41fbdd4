import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { BudgetFigures, Spender } from './budget.dto.js';

/** Lists what was used. */
@Injectable()
export class BudgetListing {
  constructor(private readonly prisma: PrismaService) {}

  /** Of the whole deployment, the newest day first. A day is summed up over its chats. */
  days(before: string | null, limit: number): Promise<BudgetFigures[]> {
    return this.prisma.$queryRaw<BudgetFigures[]>(dayRows(before, limit));
  }

  /** Of each user or chat in one day, in the order of their keys. */
  spenders(scope: Spender, day: string, after: string | null, limit: number): Promise<BudgetFigures[]> {
    return this.prisma.$queryRaw<BudgetFigures[]>(spenderRows(scope, day, after, limit));
  }
}

export function dayRows(before: string | null, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT day::text AS day, '' AS key, ${ofScope('spent_tokens', 'chat')} AS "spentTokens",
           ${ofScope('spent_micro_usd', 'chat')} AS "spentMicroUsd",
           -- A reservation is in every scope that has a limit.
           greatest(${ofScope('reserved_tokens', 'user')}, ${ofScope('reserved_tokens', 'chat')},
                    ${ofScope('reserved_tokens', 'all')}) AS "reservedTokens",
           greatest(${ofScope('reserved_micro_usd', 'user')}, ${ofScope('reserved_micro_usd', 'chat')},
                    ${ofScope('reserved_micro_usd', 'all')}) AS "reservedMicroUsd"
    FROM budget_days
    WHERE ${before === null ? Prisma.sql`true` : Prisma.sql`day < ${before}::date`}
    GROUP BY budget_days.day ORDER BY budget_days.day DESC LIMIT ${limit}`;
}

export function spenderRows(scope: Spender, day: string, after: string | null, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT day::text AS day, key, spent_tokens AS "spentTokens", spent_micro_usd AS "spentMicroUsd",
           reserved_tokens AS "reservedTokens", reserved_micro_usd AS "reservedMicroUsd"
    FROM budget_days
    WHERE day = ${day}::date AND scope = ${scope}::budget_scope
      AND ${after === null ? Prisma.sql`true` : Prisma.sql`key > ${after}`}
    ORDER BY key LIMIT ${limit}`;
}

function ofScope(column: string, scope: 'user' | 'chat' | 'all'): Prisma.Sql {
  return Prisma.sql`coalesce(sum(${Prisma.raw(column)}) FILTER (WHERE scope = ${scope}::budget_scope), 0)::bigint`;
}
