import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type Approval, type ApprovalState, Prisma } from '../../generated/prisma/client.js';
import { inConversation, notErased, olderThan, SCANNED_ROWS } from '../listing/page-sql.js';
import type { ShownApproval } from './approval.dto.js';

export interface ApprovalFilter {
  readonly conversationId: string | null;
  readonly state: ApprovalState | null;
}

/** Lists approvals for operators, the newest first: the order of their ids, which are UUIDs of version 7. */
@Injectable()
export class ApprovalListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` approvals older than the one with the given id, of those that pass the filter. */
  rows(filter: ApprovalFilter, after: string | null, limit: number): Promise<ShownApproval[]> {
    return this.prisma.$queryRaw<ShownApproval[]>(approvalRows(filter, after, limit));
  }

  /**
   * The position from which a filtered page continues after it read `SCANNED_ROWS` rows; null: it reached the last one.
   */
  async endOfScan({ conversationId }: ApprovalFilter, after: string | null): Promise<string | null> {
    const [row] = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM approvals WHERE ${inConversation(conversationId)} AND ${olderThan(after)}
      ORDER BY id DESC LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`;
    return row?.id ?? null;
  }

  find(id: string): Promise<Approval | null> {
    return this.prisma.approval.findUnique({ where: { id, conversation: { erasedAt: null } } });
  }
}

export function approvalRows(
  { conversationId, state }: ApprovalFilter,
  after: string | null,
  limit: number,
): Prisma.Sql {
  const newest = Prisma.sql`SELECT * FROM approvals WHERE ${inConversation(conversationId)} AND ${olderThan(after)}`;
  const source = state === null ? newest : Prisma.sql`${newest} ORDER BY id DESC LIMIT ${SCANNED_ROWS}`;
  return Prisma.sql`
    SELECT id, conversation_id AS "conversationId", turn_id AS "turnId", tool, arguments, asked_by AS "askedBy",
           state::text AS state, decided_by AS "decidedBy", reason, created_at AS "createdAt",
           expires_at AS "expiresAt", decided_at AS "decidedAt"
    FROM (${source}) AS newest
    WHERE ${notErased} AND ${state === null ? Prisma.sql`true` : Prisma.sql`state = ${state}::approval_state`}
    ORDER BY id DESC
    LIMIT ${limit}`;
}
