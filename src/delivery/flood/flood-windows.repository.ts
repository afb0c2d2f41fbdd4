import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
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

/** Longer than any period: a row that nobody has used for so long says nothing. */
const KEEP_MS = 180_000;
const PRUNE_BATCH = 1_000;

const ms = (column: string): Prisma.Sql => Prisma.raw(`(extract(epoch FROM ${column}) * 1000)::float8`);

/** What bots and chats were sent of late: one row each. The chat's is locked before the bot's, which all share. */
@Injectable()
export class FloodWindows {
  constructor(private readonly prisma: PrismaService) {}

  /** Both rows, locked, and the time after that: so no row's times go backwards. */
  async lock(
    tx: Prisma.TransactionClient,
    keys: FloodKeys,
  ): Promise<{ chat: Sent; bot: BotSent; now: number }> {
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
    const now = Math.max(...rows.map((row) => row.now));
    const chat = rows.find(({ key }) => key === keys.chat);
    const bot = rows.find(({ key }) => key === keys.bot);
    const lines = { interactive: bot?.interactiveLine ?? [], background: bot?.backgroundLine ?? [] };
    return { chat: sentOf(chat), bot: { ...sentOf(bot), lines }, now };
  }

  /**
   * The clock was set back. All that seems to lie ahead happened just now: a pause lasts for as long as it was asked
   * for, and nobody keeps a place in a line for an hour that comes twice.
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

  /** A message passes. */
  async count(tx: Prisma.TransactionClient, keys: FloodKeys, chat: Sent, bot: Sent): Promise<void> {
    await tx.$executeRaw`
      UPDATE flood_windows w SET
        hits = CASE WHEN w.key = ${keys.bot} THEN ${[...bot.hits]}::float8[] ELSE ${[...chat.hits]}::float8[] END,
        -- Seldom, for it is in an index: else the row changes in place.
        expires_at = CASE WHEN expires_at < clock_timestamp() + ${KEEP_MS / 2} * interval '1 ms'
          THEN clock_timestamp() + ${KEEP_MS} * interval '1 ms' ELSE expires_at END
      WHERE key IN (${keys.bot}, ${keys.chat})`;
  }

  /** Somebody was told to come later. */
  async lineUp(tx: Prisma.TransactionClient, key: string, { lines }: BotSent): Promise<void> {
    await tx.$executeRaw`
      UPDATE flood_windows
      SET interactive_line = ${[...lines.interactive]}::float8[], background_line = ${[...lines.background]}::float8[]
      WHERE key = ${key}`;
  }

  /**
   * Pauses the chat for `forMs`; and the bot, where so many chats were limited within so short a time, for as long as all
   * of them are paused.
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

  /** Deletes rows that say nothing any more, passing over those in use. @returns how many */
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
      SELECT key, hits, ${ms('paused_until')} AS "pausedUntil", interactive_line AS "interactiveLine",
             background_line AS "backgroundLine", ${ms('limited_at')} AS "limitedAt", ${ms('clock_timestamp()')} AS now
      FROM locked`;
  }
}

/** Does it tell of something that has yet to come? */
function isAhead({ hits, limitedAt, now }: Row): boolean {
  return Math.max(hits.at(-1) ?? 0, limitedAt ?? 0) > now;
}

function sentOf(row: Row | undefined): Sent {
  return { hits: row?.hits ?? [], pausedUntil: row?.pausedUntil ?? 0 };
}
