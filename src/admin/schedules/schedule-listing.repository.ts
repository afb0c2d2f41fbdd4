import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma, type ScheduleState } from '../../generated/prisma/client.js';
import { inConversation, notErased, olderThan, SCANNED_ROWS } from '../listing/page-sql.js';
import type { ShownSchedule } from './schedule.dto.js';

export interface ScheduleFilter {
  readonly conversationId: string | null;
  readonly state: ScheduleState | null;
}

/** Lists schedules for operators, the newest first: the order of their ids, which are UUIDs of version 7. */
@Injectable()
export class ScheduleListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` schedules older than the one with the given id, of those that pass the filter. */
  rows(filter: ScheduleFilter, after: string | null, limit: number): Promise<ShownSchedule[]> {
    return this.prisma.$queryRaw<ShownSchedule[]>(scheduleRows(filter, after, limit));
  }

  /**
   * The position from which a filtered page continues after it read `SCANNED_ROWS` rows; null: it reached the last one.
   */
  async endOfScan({ conversationId }: ScheduleFilter, after: string | null): Promise<string | null> {
    const [row] = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM schedules WHERE ${inConversation(conversationId)} AND ${olderThan(after)}
      ORDER BY id DESC LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`;
    return row?.id ?? null;
  }
}

export function scheduleRows(
  { conversationId, state }: ScheduleFilter,
  after: string | null,
  limit: number,
): Prisma.Sql {
  const newest = Prisma.sql`SELECT * FROM schedules WHERE ${inConversation(conversationId)} AND ${olderThan(after)}`;
  const source = state === null ? newest : Prisma.sql`${newest} ORDER BY id DESC LIMIT ${SCANNED_ROWS}`;
  return Prisma.sql`
    SELECT id, conversation_id AS "conversationId", number, kind::text AS kind, text, cron, time_zone AS "timeZone",
           every_minutes AS "everyMinutes", missed::text AS missed, overlap::text AS overlap, next_at AS "nextAt", state::text AS state, created_by AS "createdBy", created_at AS "createdAt",
           last_fired_at AS "lastFiredAt", ended_at AS "endedAt"
    FROM (${source}) AS newest
    WHERE ${notErased} AND ${state === null ? Prisma.sql`true` : Prisma.sql`state = ${state}::schedule_state`}
    ORDER BY id DESC
    LIMIT ${limit}`;
}
