import { Injectable } from '@nestjs/common';
import { deferralOf, isDue } from '../platform/database/deferred.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { confirmationDeferral } from '../delivery/late-edit.js';
import { Prisma } from '../generated/prisma/client.js';
import { isFreeLease } from '../queue/lease/lease.repository.js';
import type { LaneName } from '../queue/lanes.js';

interface Row {
  readonly id: string;
}

/** Finds conversations with due work whose lane is idle. Index scans of unfinished rows only. */
@Injectable()
export class SweepRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` conversations with an id after `after`, in the order of their ids. */
  async due(lane: LaneName, after: string, limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<Row[]>(dueWorkStatement(lane, after, limit));
    return rows.map(({ id }) => id);
  }
}

const summaryDeferral = { since: Prisma.sql`s.deferred_at`, until: Prisma.sql`s.due_at` };

/** The statement behind `SweepRepository.due`, exported to inspect its plan. */
export function dueWorkStatement(lane: LaneName, after: string, limit: number): Prisma.Sql {
  switch (lane) {
    case 'turns':
      return Prisma.sql`
        SELECT due.id FROM (
          SELECT conversation_id AS id FROM events
          WHERE state = 'waiting' AND kind = 'message' AND conversation_id > ${after}::uuid
          UNION
          SELECT conversation_id FROM turns t
          WHERE state IN ('waiting', 'running') AND ${isDue(deferralOf('t'))} AND conversation_id > ${after}::uuid
        ) AS due
        JOIN conversations c ON c.id = due.id AND c.status <> 'paused'
        LEFT JOIN leases l ON l.conversation_id = due.id AND l.lane = 'turns'
        WHERE ${isFreeLease('l')}
        ORDER BY due.id LIMIT ${limit}`;
    case 'commands':
      return Prisma.sql`
        SELECT DISTINCT conversation_id AS id FROM events
        WHERE state = 'waiting' AND kind <> 'message' AND conversation_id > ${after}::uuid
        ORDER BY id LIMIT ${limit}`;
    case 'deliveries':
      return Prisma.sql`
        (SELECT DISTINCT r.conversation_id AS id FROM replies r
        LEFT JOIN leases l ON l.conversation_id = r.conversation_id AND l.lane = 'deliveries'
        WHERE r.settled_at IS NULL AND ${isDue(deferralOf('r'))} AND r.conversation_id > ${after}::uuid
          AND ${isFreeLease('l')}
        ORDER BY id LIMIT ${limit})
        UNION
        (SELECT DISTINCT l.conversation_id AS id FROM late_edits l
        LEFT JOIN leases held ON held.conversation_id = l.conversation_id AND held.lane = 'deliveries'
        WHERE ${isDue(confirmationDeferral)} AND l.conversation_id > ${after}::uuid AND ${isFreeLease('held')}
          -- Else it is a draft's, which no reply has taken over yet.
          AND EXISTS (
            SELECT FROM replies r WHERE r.conversation_id = l.conversation_id
              AND r.channel_message_id = l.channel_message_id AND r.settled_at IS NOT NULL)
        ORDER BY id LIMIT ${limit})
        ORDER BY id LIMIT ${limit}`;
    case 'summaries':
      return Prisma.sql`
        SELECT DISTINCT s.conversation_id AS id FROM summaries s
        LEFT JOIN leases l ON l.conversation_id = s.conversation_id AND l.lane = 'summaries'
        WHERE s.due_at IS NOT NULL AND ${isDue(summaryDeferral)} AND s.conversation_id > ${after}::uuid
          AND ${isFreeLease('l')}
          AND (SELECT c.status FROM conversations c WHERE c.id = s.conversation_id) = 'active'
        ORDER BY id LIMIT ${limit}`;
  }
}
