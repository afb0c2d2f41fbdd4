import { Injectable } from '@nestjs/common';
import { POSITIONS } from '../../channel/inbound.js';
import type { Prisma } from '../../generated/prisma/client.js';

type Tx = Prisma.TransactionClient;

/**
 * Forgets which messages a conversation has shown in its old chat. A message id of the old chat is another message in
 * the new one: an edit becomes a new message. The history keeps the ids as a record.
 */
@Injectable()
export class ShownMessages {
  /** The turns of these conversations that show a draft. Called before the migration. */
  async draftsOf(tx: Tx, conversationIds: readonly string[]): Promise<readonly string[]> {
    const drafts = await tx.draft.findMany({
      where: { turn: { conversationId: { in: [...conversationIds] } } },
      select: { turnId: true },
    });
    return drafts.map(({ turnId }) => turnId);
  }

  async forget(tx: Tx, id: string): Promise<void> {
    await tx.waitNotice.deleteMany({ where: { conversationId: id } });
    await tx.lateEdit.deleteMany({ where: { conversationId: id } });
    // Before all messages of the new chat, in the order they have; they are never edited.
    await tx.$executeRaw`
      UPDATE group_context_messages SET position = position - ${POSITIONS} WHERE conversation_id = ${id}::uuid`;
  }

  async forgetInReplies(tx: Tx, id: string): Promise<void> {
    // An edit under way has found no chat, or will find none.
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL,
        state = CASE WHEN state = 'sending' THEN 'pending' ELSE state END
      WHERE conversation_id = ${id}::uuid AND settled_at IS NULL AND channel_message_id IS NOT NULL`;
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL
      WHERE conversation_id = ${id}::uuid AND question_id IS NOT NULL AND settled_at IS NOT NULL`;
  }
}
