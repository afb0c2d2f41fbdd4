import { Injectable } from '@nestjs/common';
import { Prisma, type TriggerResult, type WebhookReplay } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { Ids } from '../../platform/runtime/ids.js';
import { WEBHOOK_PREFIX } from '../sources/source.js';

/** Webhooks that are given to the enabled triggers of their source once more. At least a source or a trigger is named. */
export interface ReplaySelection {
  /** `webhook:<name>`; null: any. */
  readonly source: string | null;
  /** A trigger that has seen them; null: any. */
  readonly triggerId: string | null;
  /** Their outcome, by that trigger or by any; null: any. */
  readonly result: TriggerResult | null;
  readonly receivedFrom: Date | null;
  readonly receivedTo: Date | null;
}

/** Replays of one pass, and the milliseconds that a replay may make up for. */
const MAX_AT_ONCE = 500;
const MAX_ARREARS_MS = 10_000;
/** Events that one pass looks at. */
const MAX_SCANNED = 20_000;

/**
 * Replays of many webhooks, each of them a row that survives its processes: a pass stores the next webhooks under ids
 * that follow from the replay, and moves on in the same commit.
 */
@Injectable()
export class ReplayRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /** Starts a replay of all that is stored by now. @param ratePerSecond 1 to 100 */
  async start(selection: ReplaySelection, ratePerSecond: number): Promise<WebhookReplay> {
    const { _max } = await this.prisma.event.aggregate({ _max: { id: true } });
    return await this.prisma.webhookReplay.create({
      data: { ...selection, id: this.ids.next(), ratePerSecond, untilId: _max.id ?? 0n },
    });
  }

  async find(id: string): Promise<WebhookReplay | null> {
    return await this.prisma.webhookReplay.findUnique({ where: { id } });
  }

  /** Ends a replay where it is. @returns null if there is none */
  async end(id: string): Promise<WebhookReplay | null> {
    await this.prisma.$executeRaw`
      UPDATE webhook_replays SET ended_at = clock_timestamp() WHERE id = ${id}::uuid AND ended_at IS NULL`;
    return await this.find(id);
  }

  /** The running replays, the longest waiting first. */
  async running(): Promise<string[]> {
    const rows = await this.prisma.webhookReplay.findMany({
      where: { endedAt: null },
      select: { id: true },
      orderBy: { ranAt: 'asc' },
      take: MAX_AT_ONCE,
    });
    return rows.map(({ id }) => id);
  }

  /** Stores as many webhooks of a running replay as its rate allows by now; does nothing while another process does. */
  async advance(id: string): Promise<void> {
    await shortTransaction(this.prisma, async (tx) => {
      const [replay] = await tx.$queryRaw<(Selected & { readonly due: number })[]>`
        SELECT id, source, trigger_id AS "triggerId", result::text AS result, received_from AS "receivedFrom",
               received_to AS "receivedTo", after_id AS "afterId", until_id AS "untilId",
               floor(rate_per_second * least(${MAX_ARREARS_MS}::float8,
                 greatest(0, extract(epoch FROM clock_timestamp() - ran_at) * 1000)::float8) / 1000)::int AS due
        FROM webhook_replays WHERE id = ${id}::uuid AND ended_at IS NULL FOR UPDATE SKIP LOCKED`;
      if (!replay) return;
      await tx.$executeRaw(replayStatement(replay, Math.min(replay.due, MAX_AT_ONCE)));
    });
  }
}

type Selected = Pick<
  WebhookReplay,
  'id' | 'source' | 'triggerId' | 'result' | 'receivedFrom' | 'receivedTo' | 'afterId' | 'untilId'
>;

/** Stores the next `limit` webhooks of a replay, and its position behind them. */
function replayStatement(replay: Selected, limit: number): Prisma.Sql {
  const { id, source, triggerId, result, receivedFrom, receivedTo, afterId, untilId } = replay;
  const seen = [
    triggerId === null ? null : Prisma.sql`o.trigger_id = ${triggerId}::uuid`,
    result === null ? null : Prisma.sql`o.result = ${result}::trigger_result`,
  ].filter((condition) => condition !== null);
  const conditions = [
    Prisma.sql`e.kind = 'webhook' AND e.payload IS NOT NULL`,
    source === null ? null : Prisma.sql`e.source = ${source}`,
    receivedFrom === null ? null : Prisma.sql`e.received_at >= ${receivedFrom}`,
    receivedTo === null ? null : Prisma.sql`e.received_at < ${receivedTo}`,
    seen.length === 0
      ? null
      : Prisma.sql`EXISTS (
          SELECT FROM trigger_outcomes o WHERE o.event_id = e.id AND ${Prisma.join(seen, ' AND ')})`,
  ].filter((condition) => condition !== null);
  return Prisma.sql`
    WITH scanned AS MATERIALIZED (
      SELECT * FROM events WHERE id > ${afterId} AND id <= ${untilId} ORDER BY id LIMIT ${MAX_SCANNED}
    ), chosen AS MATERIALIZED (
      SELECT e.* FROM scanned e WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY e.id LIMIT ${limit}
    ), replayed AS (
      INSERT INTO events (source, external_id, kind, payload)
      SELECT c.source, ${`replay:${id}:`} || c.id, 'webhook', c.payload
      FROM chosen c JOIN sources s ON c.source = ${WEBHOOK_PREFIX} || s.name
      ORDER BY c.id FOR KEY SHARE OF s
      ON CONFLICT (source, external_id) DO NOTHING
      RETURNING id
    ), reached AS (
      -- All that was scanned, unless the rate has left some of it to the next pass.
      SELECT CASE WHEN (SELECT count(*) FROM chosen) >= ${limit} THEN coalesce((SELECT max(id) FROM chosen), ${afterId})
                  ELSE coalesce((SELECT max(id) FROM scanned), ${untilId}) END AS id,
             (SELECT count(*) FROM chosen) < ${limit}
               AND (SELECT count(*) FROM scanned) < ${MAX_SCANNED} AS is_end
    )
    UPDATE webhook_replays r
    SET after_id = reached.id, replayed = r.replayed + (SELECT count(*) FROM replayed),
        ran_at = CASE WHEN ${limit} > 0 THEN clock_timestamp() ELSE r.ran_at END,
        ended_at = CASE WHEN reached.is_end THEN clock_timestamp() END
    FROM reached WHERE r.id = ${id}::uuid`;
}
