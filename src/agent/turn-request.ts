import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import {
  type Block,
  blockOf,
  type CountTokens,
  newestWithin,
  toolCallMessage,
  toolResultMessage,
} from './context.js';
import type { ModelAnswer, ToolAnswer } from './model-answer.js';
import { cut } from './tools/tool-output.js';

/** What the model gets to see of the past, before a turn has called any tool. */
export interface TurnContext {
  readonly system: ChatCompletionMessageParam;
  /** Oldest first; no more than `budget` holds. */
  readonly history: readonly Block[];
  /** The turn's own messages, which are always there. */
  readonly own: Block;
  /** Tokens for history and for what the turn's tools bring: what facts and the turn's own messages have left. */
  readonly budget: number;
}

/** Tool calls of one model answer, with their results. */
export interface Exchange {
  readonly call: Block;
  readonly results: readonly Result[];
}

/** A result as it is, and as it is where there is no room for it; the same where that would spare nothing. */
interface Result {
  readonly whole: Block;
  readonly short: Block;
}

/** UTF-16 units that are left of a shortened result. */
const SHORT_CHARS = 200;

export function exchangeOf(
  answer: ModelAnswer,
  results: readonly ToolAnswer[],
  count: CountTokens,
): Exchange {
  return {
    call: blockOf([toolCallMessage(answer)], count),
    results: results.map((result) => {
      const whole = blockOf([toolResultMessage(result)], count);
      const short = blockOf([toolResultMessage(shortened(result))], count);
      return { whole, short: short.tokens < whole.tokens ? short : whole };
    }),
  };
}

function shortened({ callId, output }: ToolAnswer): ToolAnswer {
  const note = `[shortened: the result had ${output.length} characters, and there is no room for it any more]`;
  return { callId, output: `${cut(output, SHORT_CHARS)}\n${note}` };
}

/**
 * The next request of a turn, within its budget: the history yields to what the tools brought, oldest first; where that
 * is not enough the oldest results of the turn are shortened, then its oldest calls go, each with its results. The newest call and its last result are there
 * whole, so that a request may exceed the budget by these: the one step that nobody has read yet. Pure.
 */
export function requestMessages(
  { system, history, own, budget }: TurnContext,
  exchanges: readonly Exchange[],
): ChatCompletionMessageParam[] {
  const { blocks, left } = exchangesWithin(exchanges, budget);
  const past = newestWithin(history, left);
  return [system, ...[...past, own, ...blocks].flatMap(({ messages }) => messages)];
}

function exchangesWithin(exchanges: readonly Exchange[], budget: number): { blocks: Block[]; left: number } {
  const kept = newestThatFitShortened(exchanges, budget);
  let left = budget - kept.reduce((sum, exchange) => sum + leastTokens(exchange), 0);
  let full = false;
  const blocks: Block[] = [];
  for (const [exchangeAge, { call, results }] of kept.toReversed().entries()) {
    for (const [resultAge, { whole, short }] of results.toReversed().entries()) {
      const more = whole.tokens - short.tokens;
      const newest = exchangeAge === 0 && resultAge === 0;
      full ||= more > left && !newest;
      if (!full) left -= more;
      blocks.push(full ? short : whole);
    }
    blocks.push(call);
  }
  return { blocks: blocks.toReversed(), left };
}

/** The newest always, though it alone be too much. */
function newestThatFitShortened(exchanges: readonly Exchange[], budget: number): readonly Exchange[] {
  let left = budget;
  const tooOld = exchanges.findLastIndex((exchange, index) => {
    left -= leastTokens(exchange);
    return left < 0 && index < exchanges.length - 1;
  });
  return exchanges.slice(tooOld + 1);
}

function leastTokens({ call, results }: Exchange): number {
  return results.reduce((sum, { short }) => sum + short.tokens, call.tokens);
}
