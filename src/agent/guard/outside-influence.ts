import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { hasOutsideText } from '../tools/outside-text.js';
import type { Block } from '../context/context.js';
import type { Progress } from '../context/context-window.js';
import type { TurnContext } from '../context/turn-request.js';

/** Whose words may have led the model to a tool call. */
export type Influence = 'people' | 'outside';

/**
 * What may have led to the calls of the answer that is the turn's step `stepIndex`: what the turn is about, what has
 * joined it and what its tools have brought before that step, and what was left unanswered before it. All of that is on
 * record, so every run of the turn comes to the same. What earlier turns have answered does not count. Pure.
 */
export function influenceOn(stepIndex: number, context: TurnContext, progress: Progress): Influence {
  const joined = progress.joined.filter((one) => one.stepIndex <= stepIndex).map(({ block }) => block);
  const results = progress.exchanges
    .filter((exchange) => exchange.stepIndex < stepIndex)
    .flatMap((exchange) => exchange.results.map(({ whole }) => whole));
  const read = [...unanswered(context.history), context.own, ...joined, ...results];
  return read.some(({ messages }) => messages.some(isOutside)) ? 'outside' : 'people';
}

/** Of a turn that was interrupted the next one has messages and results: it answers them too. */
function unanswered(history: readonly Block[]): readonly Block[] {
  const answered = history.findLastIndex(({ messages }) => messages.some(isAnswer));
  return history.slice(answered + 1);
}

const isAnswer = (message: ChatCompletionMessageParam): boolean =>
  message.role === 'assistant' && !message.tool_calls;

/** Only what the model reads: what it has written itself came from there. */
function isOutside({ role, content }: ChatCompletionMessageParam): boolean {
  if (role !== 'user' && role !== 'tool') return false;
  if (typeof content === 'string') return hasOutsideText(content);
  return (content ?? []).some((part) => part.type === 'text' && hasOutsideText(part.text));
}
