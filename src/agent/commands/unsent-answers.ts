import { Injectable } from '@nestjs/common';
import { Outbox } from '../../delivery/outbox.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import type { I18n } from '../../platform/i18n/i18n.js';

/** Answers to commands that one conversation may have unsent: they precede the agent's next replies. */
export const MAX_UNSENT_ANSWERS = 5;

type Tx = Prisma.TransactionClient;

/** Limits the answers to commands that delay the agent's own replies. */
@Injectable()
export class UnsentAnswers {
  constructor(
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
  ) {}

  /** Whether there is room for another answer. Replies of a turn, a message or a question do not count. */
  async haveRoom(tx: Tx, conversationId: string): Promise<boolean> {
    const unsent = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM replies
      WHERE conversation_id = ${conversationId}::uuid AND settled_at IS NULL
        AND turn_id IS NULL AND message_id IS NULL AND question_id IS NULL
      LIMIT ${MAX_UNSENT_ANSWERS}`;
    return unsent.length < MAX_UNSENT_ANSWERS;
  }

  /** Notifies the chat, once a backlog, that it is too fast, as the inbox does. @returns whether it did */
  async tellOnce(tx: Tx, conversationId: string, i18n: I18n): Promise<boolean> {
    if (!(await this.conversations.markOverflowNotified(tx, conversationId))) return false;
    await this.outbox.add(tx, { conversationId, text: i18n.overflow });
    return true;
  }
}
