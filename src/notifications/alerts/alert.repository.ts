import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Told } from './alert-text.js';

/** A notification that no alert has told of. */
export interface Untold extends Told {
  readonly id: bigint;
}

/** The time between two alerts, in milliseconds. */
const ALERT_EVERY_MS = 60_000;
/** The first alert of a chat tells of nothing older, in milliseconds: ALERTS_CHAT has just been set. */
const MAX_AGE_MS = 3_600_000;
/** Notifications in one alert. */
const MAX_TOLD = 1_000;

/** Reads and marks the notifications that no alert has told of. */
@Injectable()
export class AlertRepository {
  constructor(private readonly prisma: PrismaService) {}

  async hasUntold(): Promise<boolean> {
    return (
      (await this.prisma.notification.findFirst({ where: { alertedAt: null }, select: { id: true } })) !==
      null
    );
  }

  /** Locks the chat's conversation against erasure. @returns false if there is none (any more) */
  async holdChat(tx: Prisma.TransactionClient, conversationId: string): Promise<boolean> {
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM conversations WHERE id = ${conversationId}::uuid AND erased_at IS NULL FOR KEY SHARE`;
    return rows.length > 0;
  }

  /** Whether an alert waits to be sent: it holds the next one back, which then tells of all that came up meanwhile. */
  async hasUnsent(tx: Prisma.TransactionClient, conversationId: string): Promise<boolean> {
    const unsent = {
      conversationId,
      settledAt: null,
      turnId: null,
      messageId: null,
      class: 'background',
    } as const;
    return (await tx.reply.findFirst({ where: unsent, select: { id: true } })) !== null;
  }

  /**
   * Makes this the one alert of the next minute, under the lock of the chat's row.
   * @returns `none` if another one was less than a minute ago; `first`: the chat had none before
   */
  async begin(tx: Prisma.TransactionClient, chatId: string): Promise<'none' | 'first' | 'next'> {
    const [begun] = await tx.$queryRaw<{ isFirst: boolean }[]>`
      INSERT INTO alert_chats (chat_id) VALUES (${chatId})
      ON CONFLICT (chat_id) DO UPDATE SET told_at = clock_timestamp()
      WHERE alert_chats.told_at NOT BETWEEN clock_timestamp() - ${ALERT_EVERY_MS} * interval '1 ms' AND clock_timestamp()
      RETURNING xmax = 0 AS "isFirst"`;
    if (!begun) return 'none';
    return begun.isFirst ? 'first' : 'next';
  }

  /** Takes what is untold, the oldest first. @param recentOnly what is older than an hour counts as told */
  async take(tx: Prisma.TransactionClient, recentOnly: boolean): Promise<Untold[]> {
    return await tx.$queryRaw<Untold[]>`
      WITH untold AS (
        SELECT id FROM notifications WHERE alerted_at IS NULL ORDER BY id LIMIT ${MAX_TOLD} FOR UPDATE
      ), taken AS (
        UPDATE notifications n SET alerted_at = clock_timestamp() FROM untold WHERE n.id = untold.id
        RETURNING n.id, n.type, n.data, n.created_at
      )
      SELECT id, type, data FROM taken
      WHERE NOT ${recentOnly} OR created_at > clock_timestamp() - ${MAX_AGE_MS} * interval '1 ms' ORDER BY id`;
  }
}
