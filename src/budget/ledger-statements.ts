import { type BudgetScope, Prisma } from '../generated/prisma/client.js';
import type { Amount } from './amount.js';
import type { BudgetLimits } from './budget-limits.js';

/** A day of the budgets: UTC, by the database's clock. */
export const today = Prisma.sql`(now() AT TIME ZONE 'UTC')::date`;

/** The user and chat for whom a turn `t` of a conversation `c` counts; during an erasure, those from before it. */
const keys = {
  user: Prisma.sql`coalesce(c.erased_from, c.channel) || ':' || t.user_id`,
  chat: Prisma.sql`coalesce(c.erased_from, c.channel) || ':' || c.chat_id`,
} as const;

/** A kind of reservation: its table, its id, and its conversation `c`. */
interface Claimant {
  readonly table: Prisma.Sql;
  readonly owner: Prisma.Sql;
  readonly id: string;
  readonly from: Prisma.Sql;
  /** NULL: of no user. */
  readonly userKey: Prisma.Sql;
}

export const turnClaims = (turnId: string): Claimant => ({
  table: Prisma.sql`budget_reservations`,
  owner: Prisma.sql`turn_id`,
  id: turnId,
  from: Prisma.sql`turns t JOIN conversations c ON c.id = t.conversation_id AND t.id = ${turnId}::uuid`,
  userKey: keys.user,
});

/** A private chat's summary counts for its user; a group's for no user, because all its people share it. */
const ownerOfSummary = Prisma.sql`CASE WHEN c.chat_type = 'private' THEN ${keys.chat} END`;

/** The summary that a conversation is getting. */
export const summaryClaims = (conversationId: string): Claimant => ({
  table: Prisma.sql`summary_reservations`,
  owner: Prisma.sql`conversation_id`,
  id: conversationId,
  from: Prisma.sql`(SELECT * FROM conversations WHERE id = ${conversationId}::uuid) AS c`,
  userKey: ownerOfSummary,
});

/** Returns the scopes that refuse. A reservation counts for the day on which it began. */
export function reserveStatement(
  { table, owner, id, from, userKey }: Claimant,
  { tokens, microUsd }: Amount,
  { day }: BudgetLimits,
): Prisma.Sql {
  const limit = (scope: BudgetScope) =>
    Prisma.sql`${day[scope].tokens}::bigint, ${day[scope].microUsd}::bigint`;
  return Prisma.sql`
    WITH held AS (
      SELECT * FROM ${table} WHERE ${owner} = ${id}::uuid
    ), wanted AS MATERIALIZED (
      SELECT b.scope, coalesce(h.key, b.key) AS key, coalesce((SELECT max(day) FROM held), ${today}) AS day,
             greatest(0, ${tokens}::bigint - coalesce(h.tokens, 0)) AS tokens,
             greatest(0, ${microUsd}::bigint - coalesce(h.micro_usd, 0)) AS micro_usd,
             coalesce(b.limit_tokens, ${MAX_BIGINT}) AS limit_tokens,
             coalesce(b.limit_micro_usd, ${MAX_BIGINT}) AS limit_micro_usd
      FROM ${from}
      CROSS JOIN LATERAL (VALUES
        ('user'::budget_scope, ${userKey}, ${limit('user')}),
        ('chat', ${keys.chat}, ${limit('chat')}),
        ('all', '', ${limit('all')})
      ) AS b (scope, key, limit_tokens, limit_micro_usd)
      LEFT JOIN held h ON h.scope = b.scope
      WHERE b.key IS NOT NULL AND (b.limit_tokens IS NOT NULL OR b.limit_micro_usd IS NOT NULL)
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
      INSERT INTO ${table} AS r (${owner}, scope, day, key, tokens, micro_usd)
      SELECT ${id}::uuid, w.scope, w.day, w.key, w.tokens, w.micro_usd
      FROM wanted w JOIN granted g ON g.scope = w.scope
      ON CONFLICT (${owner}, scope) DO UPDATE
        SET tokens = r.tokens + EXCLUDED.tokens, micro_usd = r.micro_usd + EXCLUDED.micro_usd
    )
    SELECT scope::text FROM wanted WHERE scope NOT IN (SELECT scope FROM granted) ORDER BY wanted.scope`;
}

const MAX_BIGINT = Prisma.sql`9223372036854775807`;
const MAX_INT = Prisma.sql`2147483647`;

/** Records a turn's usage besides its steps; ends nothing. */
export function chargeStatement(
  turnId: string,
  { tokens, microUsd }: Amount,
  allLimited: boolean,
): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO budget_days AS d (day, scope, key, spent_tokens, spent_micro_usd)
    SELECT ${today}, b.scope, b.key, ${tokens}::bigint, ${microUsd}::bigint
    FROM turns t JOIN conversations c ON c.id = t.conversation_id
    CROSS JOIN LATERAL (VALUES ('user'::budget_scope, ${keys.user}), ('chat', ${keys.chat}), ('all', '')) AS b (scope, key)
    WHERE t.id = ${turnId}::uuid AND c.erased_at IS NULL AND b.key IS NOT NULL AND (b.scope <> 'all' OR ${allLimited})
    ORDER BY b.scope, b.key
    ON CONFLICT (day, scope, key) DO UPDATE
      SET spent_tokens = d.spent_tokens + EXCLUDED.spent_tokens,
          spent_micro_usd = d.spent_micro_usd + EXCLUDED.spent_micro_usd`;
}

/** The usage of one summary, even if it is zero. */
export interface SummaryUse {
  readonly conversationId: string;
  readonly used: Amount;
}

/** One statement, so that the days' rows are locked in order whatever is settled together. */
export function settleStatement(
  turnIds: readonly string[],
  summary: SummaryUse | null,
  allLimited: boolean,
): Prisma.Sql {
  const parts = [
    ...(turnIds.length > 0 ? [turnsPart(turnIds, allLimited)] : []),
    ...(summary ? [summaryPart(summary, allLimited)] : []),
  ];
  return Prisma.sql`
    WITH ${Prisma.join(parts.map(({ tables }) => tables))}, change AS (
      SELECT day, scope, key, sum(tokens) AS tokens, sum(micro_usd) AS micro_usd,
             sum(released_tokens) AS released_tokens, sum(released_micro_usd) AS released_micro_usd
      FROM (${Prisma.join(
        parts.map(({ rows }) => rows),
        ' UNION ALL ',
      )}) AS part
      GROUP BY day, scope, key
    )
    INSERT INTO budget_days AS d
      (day, scope, key, spent_tokens, spent_micro_usd, reserved_tokens, reserved_micro_usd)
    -- A row that is gone, erased, has nothing reserved.
    SELECT c.day, c.scope, c.key, c.tokens, c.micro_usd,
           CASE WHEN o.day IS NULL THEN 0 ELSE -c.released_tokens END,
           CASE WHEN o.day IS NULL THEN 0 ELSE -c.released_micro_usd END
    FROM change c LEFT JOIN budget_days o ON o.day = c.day AND o.scope = c.scope AND o.key = c.key
    ORDER BY c.scope, c.key, c.day
    ON CONFLICT (day, scope, key) DO UPDATE
      SET spent_tokens = d.spent_tokens + EXCLUDED.spent_tokens,
          spent_micro_usd = d.spent_micro_usd + EXCLUDED.spent_micro_usd,
          reserved_tokens = greatest(0, d.reserved_tokens + EXCLUDED.reserved_tokens),
          reserved_micro_usd = greatest(0, d.reserved_micro_usd + EXCLUDED.reserved_micro_usd)`;
}

interface Part {
  readonly tables: Prisma.Sql;
  /** `day, scope, key, tokens, micro_usd, released_tokens, released_micro_usd` */
  readonly rows: Prisma.Sql;
}

function turnsPart(turnIds: readonly string[], allLimited: boolean): Part {
  const ids = Prisma.sql`${[...turnIds]}::uuid[]`;
  return {
    tables: Prisma.sql`
    released AS (
      DELETE FROM budget_reservations WHERE turn_id = ANY (${ids}) RETURNING *
    ), used AS MATERIALIZED (
      SELECT t.id, s.input, s.output, s.micro_usd, ${keys.user} AS person, ${keys.chat} AS chat,
             greatest(0, s.input + s.output - t.input_tokens - t.output_tokens) AS more_tokens,
             greatest(0, s.micro_usd - t.micro_usd) AS more_micro_usd,
             coalesce((SELECT max(f.day) FROM released f WHERE f.turn_id = t.id), ${today}) AS day
      FROM turns t JOIN conversations c ON c.id = t.conversation_id
      CROSS JOIN LATERAL (
        SELECT least(${MAX_INT}, t.transcription_input_tokens + coalesce(sum(input_tokens), 0))::bigint AS input,
               least(${MAX_INT}, t.transcription_output_tokens + coalesce(sum(output_tokens), 0))::bigint AS output,
               t.transcription_micro_usd + coalesce(sum(micro_usd), 0)::bigint AS micro_usd
        FROM steps WHERE turn_id = t.id) AS s
      WHERE t.id = ANY (${ids})
    ), told AS (
      UPDATE turns t SET input_tokens = u.input, output_tokens = u.output, micro_usd = u.micro_usd
      FROM used u WHERE t.id = u.id AND (u.more_tokens > 0 OR u.more_micro_usd > 0)
    )`,
    rows: Prisma.sql`
      SELECT u.day, b.scope, coalesce(f.key, b.key) AS key, u.more_tokens AS tokens, u.more_micro_usd AS micro_usd,
             coalesce(f.tokens, 0) AS released_tokens, coalesce(f.micro_usd, 0) AS released_micro_usd
      FROM used u
      CROSS JOIN LATERAL (VALUES ('user'::budget_scope, u.person), ('chat', u.chat), ('all', '')) AS b (scope, key)
      LEFT JOIN released f ON f.turn_id = u.id AND f.scope = b.scope
      WHERE f.turn_id IS NOT NULL
         OR (b.key IS NOT NULL AND (b.scope <> 'all' OR ${allLimited})
             AND (u.more_tokens > 0 OR u.more_micro_usd > 0))`,
  };
}

function summaryPart({ conversationId, used }: SummaryUse, allLimited: boolean): Part {
  return {
    tables: Prisma.sql`
    dropped AS (
      DELETE FROM summary_reservations WHERE conversation_id = ${conversationId}::uuid RETURNING *
    ), noted AS MATERIALIZED (
      SELECT ${ownerOfSummary} AS person, ${keys.chat} AS chat, ${used.tokens}::bigint AS tokens, ${used.microUsd}::bigint AS micro_usd,
             coalesce((SELECT max(day) FROM dropped), ${today}) AS day
      FROM conversations c WHERE c.id = ${conversationId}::uuid
    )`,
    rows: Prisma.sql`
      SELECT n.day, b.scope, coalesce(f.key, b.key) AS key, n.tokens, n.micro_usd,
             coalesce(f.tokens, 0) AS released_tokens, coalesce(f.micro_usd, 0) AS released_micro_usd
      FROM noted n
      CROSS JOIN LATERAL (VALUES ('user'::budget_scope, n.person), ('chat', n.chat), ('all', '')) AS b (scope, key)
      LEFT JOIN dropped f ON f.scope = b.scope
      WHERE f.conversation_id IS NOT NULL
         OR (b.key IS NOT NULL AND (b.scope <> 'all' OR ${allLimited}) AND (n.tokens > 0 OR n.micro_usd > 0))`,
  };
}
