import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Order, SentMessage } from './message.dto.js';

/** Reads a conversation's history page by page, in the order of its records. */
@Injectable()
export class MessageListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` messages after the one with the given id; null: from the first. */
  rows(conversationId: string, after: bigint | null, order: Order, limit: number): Promise<SentMessage[]> {
    const bound = after === null ? {} : { id: order === 'asc' ? { gt: after } : { lt: after } };
    return this.prisma.message.findMany({
      where: { conversationId, ...bound },
      orderBy: { id: order },
      take: limit,
      select: shown,
    });
  }

  find(id: bigint): Promise<SentMessage | null> {
    return this.prisma.message.findUnique({ where: { id }, select: shown });
  }
}

const shown = {
  id: true,
  role: true,
  text: true,
  createdAt: true,
  turnId: true,
  channelMessageId: true,
  replies: {
    orderBy: { part: 'asc' },
    select: { state: true, attempts: true, error: true, firstError: true, channelMessageId: true },
  },
} as const;
