import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../../platform/database/prisma.service.js';
import type { BusyMode } from '../../../generated/prisma/client.js';
import { UNWRITTEN_SOURCES } from '../../../channel/event-source.js';

/** The state of a conversation whose turn runs. */
export interface TurnSight {
  readonly conversationId: string;
  /** The lease's token of its lane "turns"; a larger one than the runner's means that the lease was taken away. */
  readonly token: bigint;
  /** The conversation's mode; null: as AGENT_BUSY_MODE says. */
  readonly busyMode: BusyMode | null;
  /** Events since the turn, or its replay, began; null: none that may interrupt it. */
  readonly news: News | null;
}

/** Events that arrived while a turn runs, by their ids. */
export interface News {
  /** The oldest. */
  readonly from: bigint;
  /** The newest that a person wrote. */
  readonly until: bigint;
}

interface Row extends Omit<TurnSight, 'news'> {
  readonly newsFrom: bigint | null;
  readonly newsUntil: bigint | null;
}

/** Reads the state of all conversations whose turns run in this process in one statement. */
@Injectable()
export class TurnWatchRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Returns one row for each conversation that still exists and was leased at some time. */
  async look(conversationIds: readonly string[]): Promise<TurnSight[]> {
    const rows = await this.prisma.$queryRaw<Row[]>`
      SELECT l.conversation_id AS "conversationId", l.token, c.busy_mode AS "busyMode",
             news."from" AS "newsFrom", news.until AS "newsUntil"
      FROM leases l JOIN conversations c ON c.id = l.conversation_id
      CROSS JOIN LATERAL (
        -- What no person writes comes along, but interrupts nobody.
        SELECT min(e.id) AS "from", max(e.id) FILTER (WHERE e.source <> ALL (${UNWRITTEN_SOURCES}::text[])) AS until
        FROM turns t JOIN events e ON e.conversation_id = t.conversation_id
        -- A turn that waits for its next try is not under way, and what comes then interrupts nothing.
        WHERE t.conversation_id = l.conversation_id AND t.state = 'running'
          -- An edit of an older message has a turn of its own, and so has what comes while that is under way.
          AND t.corrects_id IS NULL AND NOT e.late_edit
          AND e.state = 'waiting' AND e.kind = 'message' AND e.received_at > t.available_at
      ) AS news
      WHERE l.lane = 'turns' AND l.conversation_id = ANY(${[...conversationIds]}::uuid[])`;
    return rows.map(({ newsFrom: from, newsUntil: until, ...sight }) => ({
      ...sight,
      news: from !== null && until !== null ? { from, until } : null,
    }));
  }
}
