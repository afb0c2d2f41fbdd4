import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { hasOutsideText, isPlanned } from '../tools/outside-text.js';
import type { Block } from './context.js';
import type { Progress } from './context-window.js';
import type { TurnContext } from './turn-request.js';

/** The origin of the words that may have led to the model's output. */
export type Influence = 'people' | 'outside';

/**
 * Returns the influence on the turn's step `stepIndex`: of all that its request may hold. Text from outside counts as
 * long as it is there, whichever turn brought it, and so does text that was written with it in the request. A planned
 * task counts in the turn that answers it; later it is a person's message. Pure.
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

/** Combines influences: `outside` if any of them is. */
export const mixed = (...influences: readonly Influence[]): Influence =>
  influences.includes('outside') ? 'outside' : 'people';

/**
 * Whether the block has text from outside, or a picture, which may have some, or was written with such text in the
 * request.
 */
export function bringsOutside({ messages, outside }: Block): boolean {
  if (outside) return true;
  return messages.some((message) => textsOf(message).some(hasOutsideText) || showsPicture(message));
}

/** The messages and results of interrupted turns: the next turn answers them too. */
function unanswered(history: readonly Block[]): readonly Block[] {
  const answered = history.findLastIndex(({ messages }) => messages.some(isAnswer));
  return history.slice(answered + 1);
}

const isAnswer = (message: ChatCompletionMessageParam): boolean =>
  message.role === 'assistant' && !message.tool_calls;

/** The texts that the model reads; the origin of its own texts is recorded. */
function textsOf({ role, content }: ChatCompletionMessageParam): string[] {
  if (role !== 'user' && role !== 'tool') return [];
  if (typeof content === 'string') return [content];
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function showsPicture({ role, content }: ChatCompletionMessageParam): boolean {
  return role === 'user' && typeof content !== 'string' && content.some(({ type }) => type !== 'text');
}
