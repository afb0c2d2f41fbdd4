import { Injectable } from '@nestjs/common';
import { Prisma, type TriggerOutcome } from '../../generated/prisma/client.js';
import { type Deferral, isDue } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Ids } from '../../platform/runtime/ids.js';
import type { CoalesceRules } from './coalesce-rules.js';

/** A webhook that a trigger accepted for its window. */
export interface Gathered {
  readonly triggerId: string;
  readonly source: string;
  /** Empty: the trigger has no key. */
  readonly key: string;
  readonly rules: CoalesceRules;
  readonly eventId: bigint;
  readonly text: string;
}

/** A window of a trigger and a key. */
export interface CoalescingWindow {
  readonly id: string;
  readonly triggerId: string;
  readonly key: string;
  readonly size: number;
}

/** The outcome of the webhooks of a window. */
export type WindowEnd = Pick<TriggerOutcome, 'result' | 'code' | 'reason' | 'messageEventId'>;

/** The webhooks that one window takes in one statement. */
interface Addition {
  readonly id: string;
  readonly rules: CoalesceRules;
  readonly isFull: boolean;
  readonly webhooks: readonly Gathered[];
}

const deferralOf = (alias: string): Deferral => ({
  since: Prisma.raw(`${alias}.changed_at`),
  until: Prisma.raw(`${alias}.closes_at`),
});
const deferral = deferralOf('coalescing_windows');

/**
 * The rows of windows. A window takes webhooks until it is full or closed: whoever adds to it or closes it locks its row
 * first, so that a webhook is in exactly one.
 */
@Injectable()
export class WindowRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /** Adds webhooks, in the given order, to the open windows of their triggers and keys, or to new ones. */
  async add(tx: Prisma.TransactionClient, gathered: readonly Gathered[]): Promise<void> {
    let left = gathered;
    while (left.length > 0) {
      const additions = (await this.open(tx, left)).map((window) => additionTo(window, left));
      await this.fill(tx, additions);
      const added = new Set(additions.flatMap(({ webhooks }) => webhooks));
      left = left.filter((webhook) => !added.has(webhook));
    }
  }

  /** Opens and locks a window for each trigger and key, in one order for all callers. */
  private async open(
    tx: Prisma.TransactionClient,
    gathered: readonly Gathered[],
  ): Promise<CoalescingWindow[]> {
    const wanted = [...new Map(gathered.map((one) => [`${one.triggerId}:${one.key}`, one])).values()];
    return await tx.$queryRaw<CoalescingWindow[]>`
      INSERT INTO coalescing_windows (id, trigger_id, key, source, closes_at)
      SELECT w.id, w.trigger_id, w.key, w.source, clock_timestamp()
      FROM unnest(${wanted.map(() => this.ids.next())}::uuid[], ${wanted.map(({ triggerId }) => triggerId)}::uuid[],
                  ${wanted.map(({ key }) => key)}::text[], ${wanted.map(({ source }) => source)}::text[])
        AS w (id, trigger_id, key, source)
      ORDER BY w.trigger_id, w.key COLLATE "C"
      ON CONFLICT (trigger_id, key) WHERE is_open DO UPDATE SET is_open = true
      RETURNING id, trigger_id AS "triggerId", key, size`;
  }

  private async fill(tx: Prisma.TransactionClient, additions: readonly Addition[]): Promise<void> {
    const webhooks = additions.flatMap((one) => one.webhooks.map((webhook) => ({ ...webhook, id: one.id })));
    await tx.$executeRaw`
      INSERT INTO coalesced_webhooks (window_id, event_id, text)
      SELECT * FROM unnest(${webhooks.map(({ id }) => id)}::uuid[], ${webhooks.map(({ eventId }) => eventId)}::bigint[],
                           ${webhooks.map(({ text }) => text)}::text[])`;
    await tx.$executeRaw`
      UPDATE coalescing_windows w
      SET size = w.size + a.added, is_open = NOT a.is_full, changed_at = clock_timestamp(),
          closes_at = CASE WHEN a.is_full THEN clock_timestamp() ELSE least(
            w.opened_at + a.max_wait_ms * interval '1 ms', clock_timestamp() + a.quiet_ms * interval '1 ms') END
      FROM unnest(${additions.map(({ id }) => id)}::uuid[], ${additions.map((one) => one.webhooks.length)}::int[],
                  ${additions.map(({ isFull }) => isFull)}::bool[], ${additions.map(({ rules }) => rules.quietMs)}::int[],
                  ${additions.map(({ rules }) => rules.maxWaitMs)}::int[])
        AS a (id, added, is_full, quiet_ms, max_wait_ms)
      WHERE w.id = a.id`;
  }

  /** The names of sources with due windows. */
  async dueSources(): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ source: string }[]>`
      SELECT DISTINCT source FROM coalescing_windows WHERE ${isDue(deferral)}`;
    return rows.map(({ source }) => source);
  }

  /** Up to `limit` due windows of a source, the oldest first; none that is behind one of its key that was put off. */
  async due(source: string, limit: number): Promise<CoalescingWindow[]> {
    return await this.prisma.$queryRaw<CoalescingWindow[]>`
      SELECT id, trigger_id AS "triggerId", key, size FROM coalescing_windows w
      WHERE source = ${source} AND ${isDue(deferralOf('w'))} AND NOT EXISTS (
        SELECT FROM coalescing_windows former
        WHERE former.trigger_id = w.trigger_id AND former.key = w.key
          AND (former.opened_at, former.id) < (w.opened_at, w.id) AND NOT ${isDue(deferralOf('former'))})
      ORDER BY opened_at, id LIMIT ${limit}`;
  }

  /** Locks a due window for the caller's transaction. @returns its size; null if it is closed, or not due any more */
  async lockDue(tx: Prisma.TransactionClient, id: string): Promise<number | null> {
    const [row] = await tx.$queryRaw<Pick<CoalescingWindow, 'size'>[]>`
      SELECT size FROM coalescing_windows WHERE id = ${id}::uuid AND ${isDue(deferral)} FOR UPDATE SKIP LOCKED`;
    return row?.size ?? null;
  }

  /** The lengths of the texts of a window, in characters of PostgreSQL. */
  async lengths(tx: Prisma.TransactionClient, id: string): Promise<number[]> {
    const rows = await tx.$queryRaw<{ length: number }[]>`
      SELECT length(text) AS length FROM coalesced_webhooks WHERE window_id = ${id}::uuid`;
    return rows.map(({ length }) => length);
  }

  /** The texts of a window in the order in which its webhooks came in, each cut to `share` characters. */
  async texts(tx: Prisma.TransactionClient, id: string, share: number): Promise<string[]> {
    const rows = await tx.$queryRaw<{ text: string }[]>`
      SELECT CASE WHEN length(text) <= ${share} THEN text ELSE left(text, ${share - 1}) || '…' END AS text
      FROM coalesced_webhooks WHERE window_id = ${id}::uuid ORDER BY event_id`;
    return rows.map(({ text }) => text);
  }

  /** Removes a locked window, and gives its webhooks their outcome. */
  async close(
    tx: Prisma.TransactionClient,
    { id, triggerId }: CoalescingWindow,
    end: WindowEnd,
  ): Promise<void> {
    await tx.$executeRaw`
      UPDATE trigger_outcomes o
      SET result = ${end.result}::trigger_result, code = ${end.code}, reason = ${end.reason},
          message_event_id = ${end.messageEventId}::bigint
      FROM coalesced_webhooks c
      WHERE c.window_id = ${id}::uuid AND o.event_id = c.event_id AND o.trigger_id = ${triggerId}::uuid`;
    await tx.$executeRaw`DELETE FROM coalescing_windows WHERE id = ${id}::uuid`;
  }

  /** Puts off a window that cannot be closed now. */
  async putOff(id: string, delayMs: number): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE coalescing_windows
      SET changed_at = clock_timestamp(), closes_at = clock_timestamp() + ${delayMs} * interval '1 ms'
      WHERE id = ${id}::uuid`;
  }
}

/** The first of these webhooks that are for this window, as far as it has room. */
function additionTo({ id, triggerId, key, size }: CoalescingWindow, gathered: readonly Gathered[]): Addition {
  const own = gathered.filter((webhook) => webhook.triggerId === triggerId && webhook.key === key);
  const [first] = own;
  if (!first) throw new Error('a window is opened for its first webhook');
  const { rules } = first;
  // The trigger may have got a lower limit since.
  const room = Math.max(1, rules.maxEvents - size);
  return { id, rules, isFull: own.length >= room, webhooks: own.slice(0, room) };
}
