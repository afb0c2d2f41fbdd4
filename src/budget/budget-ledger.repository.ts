import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { type BudgetScope, Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';
import { type Amount, limits } from './amount.js';
import { BudgetLimits } from './budget-limits.js';

/** Rolls the transaction back: of several budgets one refused. */
class Refused extends Error {
  constructor(readonly scope: BudgetScope) {
    super(`the budget of scope ${scope} is used up`);
  }
}

/**
 * What was used and is reserved, a row for each day and each user, chat, and (where it is limited) the whole deployment.
 * Every statement takes the rows in the order of scope and key, so that no two wait for each other; the row of all comes
 * last and is held the shortest.
 */
@Injectable()
export class BudgetLedger {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly limits: BudgetLimits,
  ) {}

  /**
   * Lets a turn use `total` of every limited budget: what it has reserved already counts, so that it may be asked for
   * again, by whoever goes on with the turn. All of it or nothing.
   * @returns null, or whose budget does not allow it
   * @throws LeaseLostError
   */
  async reserve(lease: Lease, turnId: string, total: Amount): Promise<BudgetScope | null> {
    try {
      await this.prisma.$transaction(async (tx) => {
        await this.leases.assertHeld(tx, lease);
        const [refused] = await tx.$queryRaw<{ scope: BudgetScope }[]>(
          reserveStatement(turnId, total, this.limits),
        );
        if (refused) throw new Refused(refused.scope);
      });
      return null;
    } catch (error) {
      if (error instanceof Refused) return error.scope;
      throw error;
    }
  }

  /**
   * Ends what the turns have reserved and records what their model calls used, in the turns too. What of a turn is
   * recorded already, because it has ended before, is not recorded again. Call it last in the transaction that ends them.
   */
  async settle(tx: Prisma.TransactionClient, turnIds: readonly string[]): Promise<void> {
    if (turnIds.length === 0) return;
    await tx.$executeRaw(settleStatement(turnIds, limits(this.limits.day.all)));
  }

  /** A limit for all that was not there this morning counts what was used since: the row of all is brought up to it. */
  async catchUp(): Promise<void> {
    if (!limits(this.limits.day.all)) return;
    await this.prisma.$executeRaw`
      INSERT INTO budget_days AS d (day, scope, key, spent_tokens, spent_micro_usd)
      SELECT ${today}, 'all', '', coalesce(sum(spent_tokens), 0), coalesce(sum(spent_micro_usd), 0)
      FROM budget_days WHERE day = ${today} AND scope = 'chat'
      ON CONFLICT (day, scope, key) DO UPDATE
        SET spent_tokens = greatest(d.spent_tokens, EXCLUDED.spent_tokens),
            spent_micro_usd = greatest(d.spent_micro_usd, EXCLUDED.spent_micro_usd)`;
  }
}

/** A day of the budgets: UTC's, by the database's clock. */
export const today = Prisma.sql`(now() AT TIME ZONE 'UTC')::date`;

/** Whom a turn `t` of a conversation `c` is counted for. */
const keys = {
  user: Prisma.sql`c.channel || ':' || t.user_id`,
  chat: Prisma.sql`c.channel || ':' || c.chat_id`,
} as const;

/** Gives the scopes that refuse. A turn counts for the day on which it first reserved. */
function reserveStatement(turnId: string, { tokens, microUsd }: Amount, { day }: BudgetLimits): Prisma.Sql {
  const limit = (scope: BudgetScope) =>
    Prisma.sql`${day[scope].tokens}::bigint, ${day[scope].microUsd}::bigint`;
  return Prisma.sql`
    WITH held AS (
      SELECT * FROM budget_reservations WHERE turn_id = ${turnId}::uuid
    ), wanted AS MATERIALIZED (
      SELECT b.scope, coalesce(h.key, b.key) AS key, coalesce((SELECT max(day) FROM held), ${today}) AS day,
             greatest(0, ${tokens}::bigint - coalesce(h.tokens, 0)) AS tokens,
             greatest(0, ${microUsd}::bigint - coalesce(h.micro_usd, 0)) AS micro_usd,
             coalesce(b.limit_tokens, ${MAX_BIGINT}) AS limit_tokens,
             coalesce(b.limit_micro_usd, ${MAX_BIGINT}) AS limit_micro_usd
      FROM turns t JOIN conversations c ON c.id = t.conversation_id
      CROSS JOIN LATERAL (VALUES
        ('user'::budget_scope, ${keys.user}, ${limit('user')}),
        ('chat', ${keys.chat}, ${limit('chat')}),
        ('all', '', ${limit('all')})
      ) AS b (scope, key, limit_tokens, limit_micro_usd)
      LEFT JOIN held h ON h.scope = b.scope
      WHERE t.id = ${turnId}::uuid AND b.key IS NOT NULL
        AND (b.limit_tokens IS NOT NULL OR b.limit_micro_usd IS NOT NULL)
    ), granted AS (
      INSERT INTO budget_days AS d (day, scope, key, reserved_tokens, reserved_micro_usd)
      SELECT day, scope, key, tokens, micro_usd FROM wanted
      WHERE tokens <= limit_tokens AND micro_usd <= limit_micro_usd
      ORDER BY scope, key
      ON CONFLICT (day, scope, key) DO UPDATE
        SET reserved_tokens = d.reserved_tokens + EXCLUDED.reserved_tokens,
            reserved_micro_usd = d.reserved_micro_usd + EXCLUDED.reserved_micro_usd
        WHERE d.spent_tokens + d.reserved_tokens + EXCLUDED.reserved_tokens
              <= (SELECT limit_tokens FROM wanted w WHERE w.scope = EXCLUDED.scope)
          AND d.spent_micro_usd + d.reserved_micro_usd + EXCLUDED.reserved_micro_usd
              <= (SELECT limit_micro_usd FROM wanted w WHERE w.scope = EXCLUDED.scope)
      RETURNING d.scope
    ), kept AS (
      INSERT INTO budget_reservations AS r (turn_id, scope, day, key, tokens, micro_usd)
      SELECT ${turnId}::uuid, w.scope, w.day, w.key, w.tokens, w.micro_usd
      FROM wanted w JOIN granted g ON g.scope = w.scope
      ON CONFLICT (turn_id, scope) DO UPDATE
        SET tokens = r.tokens + EXCLUDED.tokens, micro_usd = r.micro_usd + EXCLUDED.micro_usd
    )
    SELECT scope::text FROM wanted WHERE scope NOT IN (SELECT scope FROM granted) ORDER BY wanted.scope`;
}

const MAX_BIGINT = Prisma.sql`9223372036854775807`;
const MAX_INT = Prisma.sql`2147483647`;

function settleStatement(turnIds: readonly string[], allLimited: boolean): Prisma.Sql {
  const ids = Prisma.sql`${[...turnIds]}::uuid[]`;
  return Prisma.sql`
    WITH freed AS (
      DELETE FROM budget_reservations WHERE turn_id = ANY (${ids}) RETURNING *
    ), used AS MATERIALIZED (
      SELECT t.id, s.input, s.output, s.micro_usd, ${keys.user} AS person, ${keys.chat} AS chat,
             greatest(0, s.input + s.output - t.input_tokens - t.output_tokens) AS more_tokens,
             greatest(0, s.micro_usd - t.micro_usd) AS more_micro_usd,
             coalesce((SELECT max(f.day) FROM freed f WHERE f.turn_id = t.id), ${today}) AS day
      FROM turns t JOIN conversations c ON c.id = t.conversation_id
      CROSS JOIN LATERAL (
        SELECT least(${MAX_INT}, coalesce(sum(input_tokens), 0))::bigint AS input,
               least(${MAX_INT}, coalesce(sum(output_tokens), 0))::bigint AS output,
               coalesce(sum(micro_usd), 0)::bigint AS micro_usd
        FROM steps WHERE turn_id = t.id) AS s
      WHERE t.id = ANY (${ids})
    ), told AS (
      UPDATE turns t SET input_tokens = u.input, output_tokens = u.output, micro_usd = u.micro_usd
      FROM used u WHERE t.id = u.id AND (u.more_tokens > 0 OR u.more_micro_usd > 0)
    ), change AS (
      SELECT u.day, b.scope, coalesce(f.key, b.key) AS key,
             sum(u.more_tokens) AS tokens, sum(u.more_micro_usd) AS micro_usd,
             sum(coalesce(f.tokens, 0)) AS freed_tokens, sum(coalesce(f.micro_usd, 0)) AS freed_micro_usd
      FROM used u
      CROSS JOIN LATERAL (VALUES ('user'::budget_scope, u.person), ('chat', u.chat), ('all', '')) AS b (scope, key)
      LEFT JOIN freed f ON f.turn_id = u.id AND f.scope = b.scope
      WHERE f.turn_id IS NOT NULL
         OR (b.key IS NOT NULL AND (b.scope <> 'all' OR ${allLimited})
             AND (u.more_tokens > 0 OR u.more_micro_usd > 0))
      GROUP BY 1, 2, 3
    )
    INSERT INTO budget_days AS d
      (day, scope, key, spent_tokens, spent_micro_usd, reserved_tokens, reserved_micro_usd)
    -- A row that is gone, erased, has nothing reserved.
    SELECT c.day, c.scope, c.key, c.tokens, c.micro_usd,
           CASE WHEN o.day IS NULL THEN 0 ELSE -c.freed_tokens END,
           CASE WHEN o.day IS NULL THEN 0 ELSE -c.freed_micro_usd END
    FROM change c LEFT JOIN budget_days o ON o.day = c.day AND o.scope = c.scope AND o.key = c.key
    ORDER BY c.scope, c.key, c.day
    ON CONFLICT (day, scope, key) DO UPDATE
      SET spent_tokens = d.spent_tokens + EXCLUDED.spent_tokens,
          spent_micro_usd = d.spent_micro_usd + EXCLUDED.spent_micro_usd,
          reserved_tokens = greatest(0, d.reserved_tokens + EXCLUDED.reserved_tokens),
          reserved_micro_usd = greatest(0, d.reserved_micro_usd + EXCLUDED.reserved_micro_usd)`;
}
