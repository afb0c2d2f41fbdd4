import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { hasOutsideText, isPlanned } from '../tools/outside-text.js';
import type { Block } from '../context/context.js';
import type { Progress } from '../context/context-window.js';
import type { TurnContext } from '../context/turn-request.js';

/** Whose words may have led the model to what it wrote. */
export type Influence = 'people' | 'outside';

/**
 * What may have led to the answer that is the turn's step `stepIndex`: all that its request may hold. Text from outside
 * counts as long as it is there, whichever turn brought it, and so does what was written with it in the request. What was
 * planned counts where it is to be answered: later it is what somebody said. Pure.
 */
export function influenceOn(stepIndex: number, context: TurnContext, progress: Progress): Influence {
  const joined = progress.joined.filter((one) => one.stepIndex <= stepIndex).map(({ block }) => block);
  const results = progress.exchanges
    .filter((exchange) => exchange.stepIndex < stepIndex)
    .flatMap((exchange) => exchange.results.map(({ whole }) => whole));
  const asked = [...unanswered(context.history), context.own, ...joined];
  const isOutside =
    context.hasOutsideSummary ||
    [...context.history, ...asked, ...results].some(bringsOutside) ||
    asked.some(({ messages }) => messages.some((message) => textsOf(message).some(isPlanned)));
  return isOutside ? 'outside' : 'people';
}

/** Outside, where any of these is. */
export const mixed = (...influences: readonly Influence[]): Influence =>
  influences.includes('outside') ? 'outside' : 'people';

/** Is there text from outside in the block, or may there be in a picture, or was it written with such text in the request? */
export function bringsOutside({ messages, outside }: Block): boolean {
  if (outside) return true;
  return messages.some((message) => textsOf(message).some(hasOutsideText) || showsPicture(message));
}

/** Of a turn that was interrupted the next one has messages and results: it answers them too. */
function unanswered(history: readonly Block[]): readonly Block[] {
  const answered = history.findLastIndex(({ messages }) => messages.some(isAnswer));
  return history.slice(answered + 1);
}

const isAnswer = (message: ChatCompletionMessageParam): boolean =>
  message.role === 'assistant' && !message.tool_calls;

/** Only of what the model reads: of what it has written itself there is a record. */
function textsOf({ role, content }: ChatCompletionMessageParam): string[] {
  if (role !== 'user' && role !== 'tool') return [];
  if (typeof content === 'string') return [content];
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function showsPicture({ role, content }: ChatCompletionMessageParam): boolean {
  return role === 'user' && typeof content !== 'string' && content.some(({ type }) => type !== 'text');
}
