import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma, type Step, type Turn, type TurnState } from '../../generated/prisma/client.js';
import { inConversation, notErased, olderThan, SCANNED_ROWS } from '../listing/page-sql.js';
import type { TurnView } from './turn.dto.js';

export interface TurnFilter {
  readonly conversationId: string | null;
  readonly state: TurnState | null;
}

/** Lists turns for operators, the newest first: their ids are UUIDs of version 7, so the id's order is time's. */
@Injectable()
export class TurnListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` turns older than the one with the given id, of those that pass the filter. */
  rows(filter: TurnFilter, after: string | null, limit: number): Promise<TurnView[]> {
    return this.prisma.$queryRaw<TurnView[]>(turnRows(filter, after, limit));
  }

  /**
   * The position from which a filtered page continues after it read `SCANNED_ROWS` rows; null: it reached the last one.
   */
  async endOfScan({ conversationId }: TurnFilter, after: string | null): Promise<string | null> {
    const [row] = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM turns WHERE ${inConversation(conversationId)} AND ${olderThan(after)}
      ORDER BY id DESC LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`;
    return row?.id ?? null;
  }

  find(id: string): Promise<(Turn & { steps: Step[] }) | null> {
    return this.prisma.turn.findUnique({
      where: { id, conversation: { erasedAt: null } },
      include: { steps: { orderBy: { index: 'asc' } } },
    });
  }
}

export function turnRows(
  { conversationId, state }: TurnFilter,
  after: string | null,
  limit: number,
): Prisma.Sql {
  const newest = Prisma.sql`SELECT * FROM turns WHERE ${inConversation(conversationId)} AND ${olderThan(after)}`;
  const source = state === null ? newest : Prisma.sql`${newest} ORDER BY id DESC LIMIT ${SCANNED_ROWS}`;
  return Prisma.sql`
    SELECT id, conversation_id AS "conversationId", state::text AS state, attempts, takeovers, model,
           input_tokens AS "inputTokens", output_tokens AS "outputTokens", micro_usd AS "microUsd", error_code AS "errorCode", error,
           first_error AS "firstError", feedback::text AS feedback, spent_ms AS "spentMs", started_at AS "startedAt", finished_at AS "finishedAt"
    FROM (${source}) AS newest
    WHERE ${notErased} AND ${state === null ? Prisma.sql`true` : Prisma.sql`state = ${state}::turn_state`}
    ORDER BY id DESC
    LIMIT ${limit}`;
}
