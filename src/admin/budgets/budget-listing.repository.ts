import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { BudgetFigures, Spender } from './budget.dto.js';

/** Lists usage. */
@Injectable()
export class BudgetListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Lists the days of the whole deployment, newest first; a day is the sum over its chats. */
  days(before: string | null, limit: number): Promise<BudgetFigures[]> {
    return this.prisma.$queryRaw<BudgetFigures[]>(dayRows(before, limit));
  }

  /** Lists the users or chats of one day, in the order of their keys. */
  spenders(scope: Spender, day: string, after: string | null, limit: number): Promise<BudgetFigures[]> {
    return this.prisma.$queryRaw<BudgetFigures[]>(spenderRows(scope, day, after, limit));
  }
}

function dayRows(before: string | null, limit: number): Prisma.Sql {
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
