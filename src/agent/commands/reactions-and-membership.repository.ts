import { Injectable } from '@nestjs/common';
import type { InboundReaction, MembershipChange } from '../../channel/inbound.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';

/** Replies of a conversation that are searched, the newest: older ones get no reactions, and there is no index. */
const SEARCHED_REPLIES = 1_000;

/** Applies reactions and membership changes. */
@Injectable()
export class ReactionsAndMembershipRepository {
  constructor(private readonly conversations: ConversationRepository) {}

  /** In the caller's transaction; repeatable. */
  async apply(
    tx: Prisma.TransactionClient,
    conversationId: string,
    inbound: InboundReaction | MembershipChange,
  ): Promise<void> {
    switch (inbound.kind) {
      case 'reaction':
        return await this.judge(tx, conversationId, inbound);
      case 'membership': {
        const since = inbound.change === 'removed' ? inbound.at : null;
        return await this.conversations.markUnreachable(tx, conversationId, since);
      }
    }
  }

  /**
   * Gives the verdict to the turn that made the message; the latest one wins. Telegram does not name the message's
   * topic; message ids belong to the chat.
   */
  private async judge(
    tx: Prisma.TransactionClient,
    conversationId: string,
    { channelMessageId, verdict, at }: Pick<InboundReaction, 'channelMessageId' | 'verdict' | 'at'>,
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
