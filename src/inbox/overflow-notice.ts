import { Injectable, Logger } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import { messageOf } from '../errors/errors.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { textsFor } from '../texts/texts-for.js';

/** Tells a chat, once a backlog, that messages are being dropped. Off the door's path: nobody waits for it. */
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
   * @param languageCode of who wrote it
   */
  tell(conversationId: string, languageCode: string | null): void {
    if (this.telling.has(conversationId)) return;
    this.telling.add(conversationId);
    void this.tellOnce(conversationId, languageCode).finally(() => this.telling.delete(conversationId));
  }

  private async tellOnce(conversationId: string, languageCode: string | null): Promise<void> {
    try {
      const told = await this.prisma.$transaction(async (tx) => {
        if (await this.conversations.isBlocked(tx, conversationId)) return false;
        if (!(await this.conversations.markOverflowTold(tx, conversationId))) return false;
        await this.outbox.add(tx, { conversationId, text: textsFor(languageCode).overflow });
        return true;
      });
      if (!told) return;
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
