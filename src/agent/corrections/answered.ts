import type { Prisma, Turn } from '../../generated/prisma/client.js';

/**
 * Has the turn given an answer that another one can take the place of? One that was stopped while it corrected an answer
 * has left that answer as it was. A turn that failed may be replayed, so its messages stay its own. Pure.
 */
export function isAnswered({ state, correctsId }: Pick<Turn, 'state' | 'correctsId'>): boolean {
  return state === 'done' || (state === 'cancelled' && correctsId !== null);
}

/** The message of the history with which the turn answered, or which it corrected; null: none. */
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
