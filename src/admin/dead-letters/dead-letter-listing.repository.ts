import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type DeadLetter, Prisma } from '../../generated/prisma/client.js';
import type { TimeCursor } from '../listing/cursor.js';
import { afterTime, microsOf, notErased } from '../listing/page-sql.js';

export interface DeadLetterRow extends Omit<DeadLetter, 'payload'> {
  /** The sort key, exactly. */
  readonly micros: bigint;
}

/** Lists dead letters for operators, the newest first. */
@Injectable()
export class DeadLetterListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  rows(after: TimeCursor | null, limit: number): Promise<DeadLetterRow[]> {
    return this.prisma.$queryRaw<DeadLetterRow[]>(deadLetterRows(after, limit));
  }

  find(id: string): Promise<DeadLetter | null> {
    return this.prisma.deadLetter.findFirst({
      where: { id, OR: [{ conversationId: null }, { conversation: { erasedAt: null } }] },
    });
  }
}

export function deadLetterRows(after: TimeCursor | null, limit: number): Prisma.Sql {
  const createdAt = Prisma.sql`created_at`;
  return Prisma.sql`
    SELECT id, kind::text AS kind, subject_id AS "subjectId", conversation_id AS "conversationId", reason, attempts,
           first_error AS "firstError", last_error AS "lastError", created_at AS "createdAt",
           ${microsOf(createdAt)} AS micros
    FROM dead_letters
    WHERE ${afterTime(createdAt, after)} AND ${notErased}
    ORDER BY created_at DESC, id DESC
    LIMIT ${limit}`;
}
