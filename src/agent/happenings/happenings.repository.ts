import { Injectable } from '@nestjs/common';
import type { Happening } from '../../channel/inbound.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';

/** Replies of a conversation that are looked through, the newest: nobody judges older ones, and there is no index. */
const SEARCHED_REPLIES = 1_000;

/** What becomes of what happens in a chat without a word. */
@Injectable()
export class Happenings {
  constructor(private readonly conversations: ConversationRepository) {}

  /** In the caller's transaction; repeatable. */
  async apply(tx: Prisma.TransactionClient, conversationId: string, happening: Happening): Promise<void> {
    switch (happening.kind) {
      case 'reaction':
        return await this.judge(tx, conversationId, happening);
      case 'shut-out':
        return await this.conversations.markUnreachable(tx, conversationId, happening.at);
      case 'let-in':
        return await this.conversations.markUnreachable(tx, conversationId, null);
    }
  }

  /**
   * The verdict goes to the turn that made the message, the latest one wins. Of which of the chat's topics the message is
   * Telegram does not say; its ids are the chat's.
   */
  private async judge(
    tx: Prisma.TransactionClient,
    conversationId: string,
    { channelMessageId, verdict, at }: Extract<Happening, { kind: 'reaction' }>,
  ): Promise<void> {
    await tx.$executeRaw`
      UPDATE turns SET feedback = ${verdict}::turn_feedback, feedback_at = ${at}
      WHERE id = (
        SELECT r.turn_id
        FROM conversations own
        JOIN conversations c ON c.channel = own.channel AND c.chat_id = own.chat_id
        CROSS JOIN LATERAL (
          SELECT turn_id, channel_message_id FROM replies
          WHERE conversation_id = c.id ORDER BY id DESC LIMIT ${SEARCHED_REPLIES}
        ) AS r
        WHERE own.id = ${conversationId}::uuid AND r.channel_message_id = ${channelMessageId}
        LIMIT 1
      ) AND (feedback_at IS NULL OR feedback_at <= ${at})`;
  }
}
