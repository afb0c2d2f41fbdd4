import { Injectable } from '@nestjs/common';
import { Outbox } from '../../delivery/outbox.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import type { Texts } from '../../texts/texts.js';

/** Answers to commands that one conversation may have unsent: they go ahead of what the agent says next. */
export const MAX_UNSENT_ANSWERS = 5;

type Tx = Prisma.TransactionClient;

/** Keeps the answers to commands from standing in a long line before the agent's own. */
@Injectable()
export class UnsentAnswers {
  constructor(
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
  ) {}

  /** Is there room for another answer? What belongs to a turn, a message or a question does not count. */
  async haveRoom(tx: Tx, conversationId: string): Promise<boolean> {
    const unsent = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM replies
      WHERE conversation_id = ${conversationId}::uuid AND settled_at IS NULL
        AND turn_id IS NULL AND message_id IS NULL AND approval_id IS NULL
      LIMIT ${MAX_UNSENT_ANSWERS}`;
    return unsent.length < MAX_UNSENT_ANSWERS;
  }

  /** Tells the chat that it is too fast, once a backlog, as the door does. @returns whether it did */
  async tellOnce(tx: Tx, conversationId: string, texts: Texts): Promise<boolean> {
    if (!(await this.conversations.markOverflowTold(tx, conversationId))) return false;
    await this.outbox.add(tx, { conversationId, text: texts.overflow });
    return true;
  }
}
