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
/** An alert tells of nothing older, in milliseconds: ALERTS_CHAT may just have been set. */
const MAX_AGE_MS = 3_600_000;
/** Notifications in one alert. */
const MAX_TOLD = 1_000;

/** What alerts have yet to tell. */
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

  /**
   * Makes this the one alert of the next minute, under the lock of the chat's row.
   * @returns false if another one was less than a minute ago
   */
  async begin(tx: Prisma.TransactionClient, chatId: string): Promise<boolean> {
    const begun = await tx.$executeRaw`
      INSERT INTO alert_chats (chat_id) VALUES (${chatId})
      ON CONFLICT (chat_id) DO UPDATE SET told_at = clock_timestamp()
      WHERE alert_chats.told_at NOT BETWEEN clock_timestamp() - ${ALERT_EVERY_MS} * interval '1 ms' AND clock_timestamp()`;
    return begun > 0;
  }

  /** Takes what is untold, the oldest first; what is too old counts as told. */
  async take(tx: Prisma.TransactionClient): Promise<Untold[]> {
    return await tx.$queryRaw<Untold[]>`
      WITH untold AS (
        SELECT id FROM notifications WHERE alerted_at IS NULL ORDER BY id LIMIT ${MAX_TOLD} FOR UPDATE
      ), taken AS (
        UPDATE notifications n SET alerted_at = clock_timestamp() FROM untold WHERE n.id = untold.id
        RETURNING n.id, n.type, n.data, n.created_at
      )
      SELECT id, type, data FROM taken
      WHERE created_at > clock_timestamp() - ${MAX_AGE_MS} * interval '1 ms' ORDER BY id`;
  }
}
