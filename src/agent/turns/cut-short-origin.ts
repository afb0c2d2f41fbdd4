import type { Prisma, Turn } from '../../generated/prisma/client.js';
import { turnsAnsweredBy } from '../../memory/continued-turns.js';
import { isPicture, readAttachments } from '../attachments/stored-attachments.js';
import { hasOutsideText } from '../tools/outside-text.js';
import { readInfluence, readToolAnswer } from '../llm/model-answer.js';

/** Messages before a cut answer that are read: an older one with outside text has marked the later ones. */
const LOOKED_AT = 100;

/**
 * Whether the request for an answer that was cut short may have held text from outside. Its call has left no step, so
 * the recorded data decide: the turn's steps and group context, the summary, and the last messages. It errs towards
 * true.
 */
export async function mayHoldOutside(tx: Prisma.TransactionClient, turn: Turn): Promise<boolean> {
  const { conversationId, epoch } = turn;
  const turnId = { in: await turnsAnsweredBy(tx, turn) };
  const steps = await tx.step.findMany({ where: { turnId }, select: { kind: true, result: true } });
  const isOutside = steps.some(({ kind, result }) =>
    kind === 'tool' ? hasOutsideText(readToolAnswer(result).output) : readInfluence(result) === 'outside',
  );
  if (isOutside || (await tx.turnGroupContext.count({ where: { turnId } })) > 0) return true;
  if ((await tx.summary.count({ where: { conversationId, epoch, outside: true } })) > 0) return true;
  const messages = await tx.message.findMany({
    where: { conversationId, epoch },
    orderBy: { id: 'desc' },
    take: LOOKED_AT,
    select: { text: true, outside: true, attachments: true },
  });
  return messages.some(
    ({ text, outside, attachments }) =>
      outside || hasOutsideText(text) || (readAttachments(attachments)?.files ?? []).some(isPicture),
  );
}
