import type { Prisma, Turn } from '../generated/prisma/client.js';

/**
 * The turns whose messages a turn answers: itself, and those that newer messages interrupted before it. Other turns
 * need no query.
 */
export async function turnsAnsweredBy(
  db: Prisma.TransactionClient,
  { id, continuesId }: Pick<Turn, 'id' | 'continuesId'>,
): Promise<string[]> {
  if (continuesId === null) return [id];
  const former = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE former AS (
      SELECT id, continues_id FROM turns WHERE id = ${continuesId}::uuid
      UNION SELECT t.id, t.continues_id FROM former JOIN turns t ON t.id = former.continues_id
    )
    SELECT id FROM former`;
  return [id, ...former.map((turn) => turn.id)];
}

/** The turn that answers this one's messages: itself, or the one that continued it after an interruption. */
export async function turnThatAnswers(db: Prisma.TransactionClient, turn: Turn): Promise<Turn> {
  let answering = turn;
  while (answering.errorCode === INTERRUPTED) {
    const { id, conversationId } = answering;
    const next = await db.turn.findFirst({ where: { conversationId, continuesId: id } });
    if (next === null) break;
    answering = next;
  }
  return answering;
}

/** The error code of a turn that newer messages interrupted. */
export const INTERRUPTED = 'INTERRUPTED';
