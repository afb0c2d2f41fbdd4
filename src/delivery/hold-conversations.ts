import type { Prisma } from '../generated/prisma/client.js';

/** A question to people: an approval or an access request. */
export interface LockedIn {
  readonly id: string;
  /** The owner. Other conversations may show the question too. */
  readonly conversationId: string;
}

/**
 * Locks the question's conversation, and those that show it, against erasure and chat migration until the transaction
 * ends. Call it before locking anything else of these conversations: an erasure locks the conversation first and would
 * deadlock with the caller.
 */
export async function holdConversations(
  tx: Prisma.TransactionClient,
  { id, conversationId }: LockedIn,
): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM conversations
    WHERE id = ${conversationId}::uuid
       OR id = ANY (ARRAY(SELECT conversation_id FROM replies WHERE question_id = ${id}::uuid))
    ORDER BY id FOR KEY SHARE`;
}
