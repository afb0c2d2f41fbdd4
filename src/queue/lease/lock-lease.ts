import type { Lane, Prisma } from '../../generated/prisma/client.js';

/**
 * Locks the lease of a lane until the caller's transaction ends, whoever holds it. Waits for a commit that the holder
 * is making, and blocks further ones. Locks a lane that was never held too. Call it before locking anything else.
 */
export async function lockLease(
  tx: Prisma.TransactionClient,
  conversationId: string,
  lane: Lane,
): Promise<void> {
  if (await lockRow(tx, conversationId, lane)) return;
  await tx.$executeRaw`
    INSERT INTO leases (conversation_id, lane, token, expires_at)
    SELECT id, ${lane}::lane, 0, '-infinity' FROM conversations WHERE id = ${conversationId}::uuid
    ON CONFLICT (conversation_id, lane) DO NOTHING`;
  await lockRow(tx, conversationId, lane);
}

async function lockRow(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane FOR UPDATE`;
  return rows.length > 0;
}
