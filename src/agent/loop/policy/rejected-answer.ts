import { blockOf, type CountTokens } from '../../context/context.js';
import type { Exchange } from '../../context/turn-request.js';
import { rejectionNote } from './output-verdict.js';

/** Shows the model its rejected answer and the reason, so that it writes another one. */
export function rejectedExchange(
  stepIndex: number,
  answer: string,
  reason: string,
  count: CountTokens,
): Exchange {
  const call = blockOf(
    [
      { role: 'assistant', content: answer },
      { role: 'user', content: rejectionNote(reason) },
    ],
    count,
  );
  return { stepIndex, call, results: [] };
}
