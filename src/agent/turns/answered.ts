import type { Prisma, Turn } from '../../generated/prisma/client.js';

/**
 * Whether the turn has given an answer that a correction can replace. A turn that was stopped while it corrected an
 * answer has left that answer as it was. A failed turn may be replayed, so its messages stay its own. Pure.
 */
export function isAnswered({ state, correctsId }: Pick<Turn, 'state' | 'correctsId'>): boolean {
  return state === 'done' || (state === 'cancelled' && correctsId !== null);
}

/** Finds the turn's answer in the history, or the one that it corrected; null: none. */
export async function latestAnswer(
  tx: Prisma.TransactionClient,
  { id, correctsId }: Pick<Turn, 'id' | 'correctsId'>,
): Promise<bigint | null> {
  const answer = await tx.message.findFirst({
    where: correctsId === null ? { turnId: id, role: 'assistant' } : { id: correctsId },
    orderBy: { id: 'desc' },
    select: { id: true },
  });
  return answer?.id ?? null;
}
