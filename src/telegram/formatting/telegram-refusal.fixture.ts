import { textProblem } from '../../../test/support/telegram-text-rules.js';
import type { FormattedText } from './formatted-text.js';

/** The reason for which the Bot API double would refuse this message; null if Telegram shows it as it is. */
export function refusalOf({ text, entities }: FormattedText, limit = 4096): string | null {
  if (text.length > limit) return 'longer than asked for';
  // As JSON, the way a call carries it.
  const problem = textProblem({ text, entities: JSON.parse(JSON.stringify(entities)) });
  return problem === null ? null : `${problem}: ${JSON.stringify({ text, entities })}`;
}
