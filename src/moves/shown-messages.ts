import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';

/** Telegram's ids have at most 52 significant bits. */
const ID_RANGE = 2n ** 52n;

type Tx = Prisma.TransactionClient;

/**
 * Forgets which messages of its chat a conversation has shown. Message ids of the old chat are other messages in the new
 * one: what was to be said by editing one is said by a new one. The history keeps them, as a record.
 */
@Injectable()
export class ShownMessages {
  /** The turns of these conversations that show a draft. Asked before they move. */
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
    // Before all that is said in the new chat, in the order they have; no edit there is of them.
    await tx.$executeRaw`
      UPDATE overheard SET channel_message_id = channel_message_id - ${ID_RANGE} WHERE conversation_id = ${id}::uuid`;
  }

  async forgetInReplies(tx: Tx, id: string): Promise<void> {
    // An edit that is under way is known to have found no chat, or will be.
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL,
        state = CASE WHEN state = 'sending' THEN 'pending' ELSE state END
      WHERE conversation_id = ${id}::uuid AND settled_at IS NULL AND channel_message_id IS NOT NULL`;
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL
      WHERE conversation_id = ${id}::uuid AND approval_id IS NOT NULL AND settled_at IS NOT NULL`;
  }
}
