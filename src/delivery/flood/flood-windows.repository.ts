import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { BotSent, Sent } from './gate-decision.js';

interface Row {
  readonly key: string;
  readonly hits: number[];
  readonly pausedUntil: number | null;
  readonly limitedAt: number | null;
  readonly interactiveLine: number[];
  readonly backgroundLine: number[];
  readonly now: number;
}

export interface FloodKeys {
  readonly bot: string;
  readonly chat: string;
}

/** Both rows of a chat as they were read, without a lock; null or fewer: there are none yet. */
export type SeenWindows = readonly (Row & { readonly version: string })[] | null;

/** The recent messages of a chat and of its bot, and the time: the gate decides by these. */
export interface Windows {
  readonly chat: Sent;
  readonly bot: BotSent;
  readonly now: number;
}

/** Longer than any period: a row that is unused for this long limits nothing. */
const KEEP_MS = 180_000;
const PRUNE_BATCH = 1_000;
/** A message may be counted this much earlier than it is sent: less than the limits' margin. */
const SEEN_MS = 50;

const ms = (column: string): Prisma.Sql => Prisma.raw(`(extract(epoch FROM ${column}) * 1000)::float8`);

/** The columns that the gate decides by. */
const columns = Prisma.sql`key, hits, ${ms('paused_until')} AS "pausedUntil", interactive_line AS "interactiveLine",
  background_line AS "backgroundLine", ${ms('limited_at')} AS "limitedAt", ${ms('clock_timestamp()')} AS now`;

/** Both rows as `SeenWindows`, in a SELECT of the conversation `c`. */
export const seenWindows = Prisma.sql`(
  SELECT json_agg(w) FROM (SELECT ${columns}, xmin::text AS version FROM flood_windows
  WHERE key IN (c.channel, c.channel || ':' || c.chat_id)) AS w)`;

/**
 * The recent messages of bots and chats: one row each. A chat's row is locked before the bot's, which all chats share.
 */
@Injectable()
export class FloodWindowsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Locks both rows and then reads the clock, so that the times of a row never decrease. */
  async lock(tx: Prisma.TransactionClient, keys: FloodKeys): Promise<Windows> {
    let rows = await this.select(tx, keys);
    if (rows.some(isAhead)) {
      await this.setBack(tx, keys);
      rows = await this.select(tx, keys);
    }
    if (rows.length < 2) {
      await tx.$executeRaw`
        INSERT INTO flood_windows (key, hits, interactive_line, background_line, expires_at)
        SELECT key, '{}', '{}', '{}', clock_timestamp() + ${KEEP_MS} * interval '1 ms'
        FROM unnest(${[keys.chat, keys.bot]}::text[]) AS k (key)
        ON CONFLICT (key) DO NOTHING`;
      rows = await this.select(tx, keys);
    }
    return windowsOf(keys, rows);
  }

  /** The rows as they were read; null: they have to be locked and read again. Pure. */
  readSeen(keys: FloodKeys, seen: SeenWindows): Windows | null {
    if (seen === null || seen.length < 2 || seen.some(isAhead)) return null;
    return windowsOf(keys, seen);
  }

  /**
   * The writes that record a message which passes, for `LeaseRepository.queryHeld`: `passed` has one row if no other
   * message was counted since the rows were read a moment ago; else none, and nothing is recorded.
   */
  countSeen(keys: FloodKeys, seen: SeenWindows, chat: Sent, bot: Sent): Prisma.Sql {
    const versions = (seen ?? []).map(({ version }) => version);
    const readAt = Math.max(...(seen ?? []).map(({ now }) => now));
    return Prisma.sql`
      seen AS MATERIALIZED (
        SELECT w.key FROM held, flood_windows w
        JOIN unnest(${(seen ?? []).map(({ key }) => key)}::text[], ${versions}::text[]) AS read (key, version)
          ON read.key = w.key AND read.version = w.xmin::text
        ORDER BY w.key DESC FOR UPDATE OF w
      ), passed AS MATERIALIZED (
        SELECT count(*) FROM seen HAVING count(*) = 2 AND ${ms('clock_timestamp()')} < ${readAt + SEEN_MS}
      ), counted AS (
        UPDATE flood_windows w SET ${hitsOf(keys, chat, bot)} FROM passed WHERE w.key IN (${keys.bot}, ${keys.chat})
      )`;
  }

  /**
   * The clock was set back. Times in the future count as now: a pause keeps its length, and no place in the line is
   * kept for an hour that comes twice.
   */
  private async setBack(tx: Prisma.TransactionClient, { bot, chat }: FloodKeys): Promise<void> {
    await tx.$executeRaw`
      UPDATE flood_windows SET
        hits = ARRAY(SELECT least(hit, ${ms('clock_timestamp()')}) FROM unnest(hits) WITH ORDINALITY AS h (hit, place)
                     ORDER BY place),
        interactive_line = '{}', background_line = '{}',
        paused_until = paused_until - greatest(limited_at - clock_timestamp(), interval '0'),
        limited_at = least(limited_at, clock_timestamp())
      WHERE key IN (${bot}, ${chat})`;
  }

  /** Records a message that passes. */
  async count(tx: Prisma.TransactionClient, keys: FloodKeys, chat: Sent, bot: Sent): Promise<void> {
    await tx.$executeRaw`
      UPDATE flood_windows w SET ${hitsOf(keys, chat, bot)} WHERE key IN (${keys.bot}, ${keys.chat})`;
  }

  /** Records a sender's place in the line. */
  async lineUp(tx: Prisma.TransactionClient, key: string, { lines }: BotSent): Promise<void> {
    await tx.$executeRaw`
      UPDATE flood_windows
      SET interactive_line = ${[...lines.interactive]}::float8[], background_line = ${[...lines.background]}::float8[]
      WHERE key = ${key}`;
  }

  /**
   * Pauses the chat for `forMs`. Pauses the bot too, for as long as all its limited chats, if enough chats were limited
   * in a short time.
   * @returns whether the bot is paused
   */
  async pause(
    tx: Prisma.TransactionClient,
    keys: FloodKeys,
    forMs: number,
    suspicion: { readonly chats: number; readonly withinMs: number },
  ): Promise<boolean> {
    await this.lock(tx, keys);
    await tx.$executeRaw`
      UPDATE flood_windows SET limited_at = clock_timestamp(),
        paused_until = greatest(paused_until, clock_timestamp() + ${forMs} * interval '1 ms'),
        expires_at = greatest(expires_at, clock_timestamp() + ${forMs + KEEP_MS} * interval '1 ms')
      WHERE key = ${keys.chat}`;
    const paused = await tx.$executeRaw`
      UPDATE flood_windows w SET limited_at = clock_timestamp(),
        paused_until = greatest(w.paused_until, s.until),
        expires_at = greatest(w.expires_at, s.until + ${KEEP_MS} * interval '1 ms')
      FROM (SELECT count(*) AS chats, min(paused_until) AS until FROM flood_windows
            WHERE limited_at > clock_timestamp() - ${suspicion.withinMs} * interval '1 ms'
              AND starts_with(key, ${`${keys.bot}:`})) AS s
      WHERE w.key = ${keys.bot} AND s.chats >= ${suspicion.chats} AND s.until > clock_timestamp()`;
    return paused > 0;
  }

  /** Deletes rows that limit nothing any more, skipping those in use. @returns how many */
  async prune(): Promise<number> {
    let pruned = 0;
    for (let batch = PRUNE_BATCH; batch === PRUNE_BATCH; pruned += batch) {
      batch = await this.prisma.$executeRaw`
        DELETE FROM flood_windows WHERE key IN (
          SELECT key FROM flood_windows WHERE expires_at < clock_timestamp()
          ORDER BY expires_at LIMIT ${PRUNE_BATCH} FOR UPDATE SKIP LOCKED)`;
    }
    return pruned;
  }

  /** `DESC`: a chat's key begins with the bot's. */
  private select(tx: Prisma.TransactionClient, { bot, chat }: FloodKeys): Promise<Row[]> {
    return tx.$queryRaw<Row[]>`
      WITH locked AS MATERIALIZED (
        SELECT * FROM flood_windows WHERE key IN (${bot}, ${chat}) ORDER BY key DESC FOR UPDATE
      )
      SELECT ${columns} FROM locked`;
  }
}

/** Whether the row holds a time in the future. */
function isAhead({ hits, limitedAt, now }: Row): boolean {
  return Math.max(hits.at(-1) ?? 0, limitedAt ?? 0) > now;
}

function windowsOf(keys: FloodKeys, rows: readonly Row[]): Windows {
  const now = Math.max(...rows.map((row) => row.now));
  const chat = rows.find(({ key }) => key === keys.chat);
  const bot = rows.find(({ key }) => key === keys.bot);
  const lines = { interactive: bot?.interactiveLine ?? [], background: bot?.backgroundLine ?? [] };
  return { chat: sentOf(chat), bot: { ...sentOf(bot), lines }, now };
}

/** The new hits of both rows, in the `SET` of an UPDATE. */
function hitsOf(keys: FloodKeys, chat: Sent, bot: Sent): Prisma.Sql {
  return Prisma.sql`
    hits = CASE WHEN w.key = ${keys.bot} THEN ${[...bot.hits]}::float8[] ELSE ${[...chat.hits]}::float8[] END,
    -- Seldom, for it is in an index: else the row changes in place.
    expires_at = CASE WHEN expires_at < clock_timestamp() + ${KEEP_MS / 2} * interval '1 ms'
      THEN clock_timestamp() + ${KEEP_MS} * interval '1 ms' ELSE expires_at END`;
}

function sentOf(row: Row | undefined): Sent {
  return { hits: row?.hits ?? [], pausedUntil: row?.pausedUntil ?? 0 };
}
