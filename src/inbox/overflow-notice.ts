import { Injectable, Logger } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import { messageOf } from '../platform/errors/errors.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { i18nFor } from '../platform/i18n/i18n-for.js';

/**
 * Notifies a chat, once a backlog, that messages are being dropped. Off the webhook's path: no request waits for it.
 */
@Injectable()
export class OverflowNotice {
  private readonly logger = new Logger(OverflowNotice.name);
  private readonly telling = new Set<string>();

  constructor(
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
    private readonly waker: LaneWaker,
  ) {}

  /**
   * Best effort: a failure is logged, and the next dropped message tries again.
   * @param languageCode of the message's author
   */
  tell(conversationId: string, languageCode: string | null): void {
    if (this.telling.has(conversationId)) return;
    this.telling.add(conversationId);
    void this.tellOnce(conversationId, languageCode).finally(() => this.telling.delete(conversationId));
  }

  private async tellOnce(conversationId: string, languageCode: string | null): Promise<void> {
    try {
      const notified = await this.prisma.$transaction(async (tx) => {
        if (await this.conversations.isBlocked(tx, conversationId)) return false;
        if (!(await this.conversations.markOverflowNotified(tx, conversationId))) return false;
        await this.outbox.add(tx, { conversationId, text: i18nFor(languageCode).overflow });
        return true;
      });
      if (!notified) return;
      this.logger.warn({ msg: 'backlog full, messages dropped', conversationId });
      this.waker.wake('deliveries', conversationId);
    } catch (error) {
      this.logger.error({
        msg: 'chat not told of dropped messages',
        conversationId,
        error: messageOf(error),
      });
    }
  }
}
