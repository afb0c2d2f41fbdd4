import type { Prisma } from '../generated/prisma/client.js';

/** Something that people are asked about: an approval, or a request to be let in. */
export interface Asked {
  readonly id: string;
  /** Whose it is; it may be asked elsewhere. */
  readonly conversationId: string;
}

/**
 * Locks its conversation, and those in which it is asked, against being erased or moved before the transaction ends. Call
 * it before anything of these conversations is locked: an erasure has the conversation first, and would wait for what
 * the caller has, while the words about it wait for the conversation.
 */
export async function holdConversations(
  tx: Prisma.TransactionClient,
  { id, conversationId }: Asked,
): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM conversations
    WHERE id = ${conversationId}::uuid
       OR id = ANY (ARRAY(SELECT conversation_id FROM replies WHERE approval_id = ${id}::uuid))
    ORDER BY id FOR KEY SHARE`;
}
