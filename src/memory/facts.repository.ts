import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Prisma } from '../generated/prisma/client.js';

/** Facts one conversation may have. */
export const MAX_FACTS = 200;
/** UTF-16 units of one fact. */
export const MAX_FACT_CHARS = 500;

export interface StoredFact {
  readonly id: bigint;
  readonly text: string;
  readonly createdAt: Date;
}

/** Facts that the user asked the agent to remember; a conversation keeps a text once. */
@Injectable()
export class FactsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** All of them, oldest first: at most `MAX_FACTS`. */
  list(conversationId: string, db: Prisma.TransactionClient = this.prisma): Promise<StoredFact[]> {
    return db.fact.findMany({
      where: { conversationId },
      orderBy: { id: 'asc' },
      take: MAX_FACTS,
      select: { id: true, text: true, createdAt: true },
    });
  }

  /** Keeps the text unless it is `known` already or `MAX_FACTS` are kept (`full`), however many callers add at once. */
  add(conversationId: string, text: string): Promise<'added' | 'known' | 'full'> {
    return this.prisma.$transaction(async (tx) => {
      // Callers that add to one conversation take turns; otherwise each would count before the other's insert.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`facts:${conversationId}`}, 0))`;
      const known = await tx.fact.count({ where: { conversationId, text } });
      if (known > 0) return 'known';
      const kept = await tx.fact.count({ where: { conversationId } });
      if (kept >= MAX_FACTS) return 'full';
      await tx.fact.create({ data: { conversationId, text } });
      return 'added';
    });
  }

  /** @returns whether there was such a fact */
  async remove(conversationId: string, text: string): Promise<boolean> {
    const { count } = await this.prisma.fact.deleteMany({ where: { conversationId, text } });
    return count > 0;
  }
}
