import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import {
  type Block,
  blockOf,
  type CountTokens,
  fromAnchor,
  newestWithin,
  toolCallMessage,
  toolResultMessage,
} from './context.js';
import type { ModelAnswer, ToolAnswer } from '../llm/model-answer.js';
import { cut } from '../tools/tool-output.js';

/** The context of a turn before its first tool call. */
export interface TurnContext {
  readonly system: ChatCompletionMessageParam;
  /** The summary in the system message covers text from outside. */
  readonly hasOutsideSummary: boolean;
  /** Oldest first; no more than `budget` holds. */
  readonly history: readonly Block[];
  /** The messages that the turn began with, which are always there. */
  readonly own: Block;
  /** The messages that joined it in an earlier run, and those of interrupted turns that it continues, in order. */
  readonly joined: readonly Joined[];
  /** The calls of interrupted turns that it continues. */
  readonly exchanges: readonly Exchange[];
  /** Tokens for history and for the turn's tool calls: the rest beside facts and the turn's own messages. */
  readonly budget: number;
}

/** Messages that joined a running turn before the step of this index; always there, like its own messages. */
export interface Joined {
  readonly stepIndex: number;
  readonly block: Block;
}

/** Tool calls of one model answer, with their results. */
export interface Exchange {
  /** The index of the model's step. */
  readonly stepIndex: number;
  readonly call: Block;
  readonly results: readonly Result[];
}

/** A result, whole and shortened; both are the same if shortening would save nothing. */
interface Result {
  readonly whole: Block;
  readonly short: Block;
}

/** UTF-16 units of a shortened result. */
const SHORT_CHARS = 200;

export function exchangeOf(
  stepIndex: number,
  answer: ModelAnswer,
  results: readonly ToolAnswer[],
  count: CountTokens,
): Exchange {
  return {
    stepIndex,
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
 * Builds the next request of a turn, within its budget: the oldest history is dropped first to make room for tool
 * calls; then the oldest results of the turn are shortened; then its oldest calls are dropped, each with its results.
 * The newest call and its last result stay whole, so that a request may exceed the budget by these: the model has not
 * read that step yet. Pure.
 * @param joined all that have joined the turn so far, in order
 */
export function requestMessages(
  context: TurnContext,
  exchanges: readonly Exchange[],
  joined: readonly Joined[],
): ChatCompletionMessageParam[] {
  const { past, kept } = whatFits(context, exchanges, joined);
  const since = inOrder([...joined.map(({ stepIndex, block }) => ({ stepIndex, blocks: [block] })), ...kept]);
  return [context.system, ...[...past, context.own, ...since].flatMap(({ messages }) => messages)];
}

/** Counts the optional tokens of the next request: all but the system prompt and the turn's messages. */
export function yieldingTokens(
  context: TurnContext,
  exchanges: readonly Exchange[],
  joined: readonly Joined[],
): number {
  const { past, kept } = whatFits(context, exchanges, joined);
  return [...past, ...inOrder(kept)].reduce((sum, { tokens }) => sum + tokens, 0);
}

/** The same exchange with all of its results shortened. */
export function shortExchange({ stepIndex, call, results }: Exchange): Exchange {
  return { stepIndex, call, results: results.map(({ short }) => ({ whole: short, short })) };
}

function whatFits(
  { history, budget }: TurnContext,
  exchanges: readonly Exchange[],
  joined: readonly Joined[],
): { past: readonly Block[]; kept: readonly Placed[] } {
  const taken = joined.reduce((sum, { block }) => sum + block.tokens, 0);
  const { kept, left } = exchangesWithin(exchanges, budget - taken);
  const fitting = newestWithin(history, left);
  return { past: fitting.length < history.length ? fromAnchor(fitting) : fitting, kept };
}

interface Placed {
  readonly stepIndex: number;
  readonly blocks: readonly Block[];
}

/** Messages that joined before a step come before it: sorting is stable. */
const inOrder = (placed: readonly Placed[]): Block[] =>
  placed.toSorted((one, other) => one.stepIndex - other.stepIndex).flatMap(({ blocks }) => blocks);

function exchangesWithin(exchanges: readonly Exchange[], budget: number): { kept: Placed[]; left: number } {
  const fitting = newestThatFitShortened(exchanges, budget);
  let left = budget - fitting.reduce((sum, exchange) => sum + leastTokens(exchange), 0);
  let full = false;
  const kept: Placed[] = [];
  for (const [exchangeAge, { stepIndex, call, results }] of fitting.toReversed().entries()) {
    const blocks: Block[] = [];
    for (const [resultAge, { whole, short }] of results.toReversed().entries()) {
      const more = whole.tokens - short.tokens;
      const newest = exchangeAge === 0 && resultAge === 0;
      full ||= more > left && !newest;
      if (!full) left -= more;
      blocks.push(full ? short : whole);
    }
    kept.push({ stepIndex, blocks: [call, ...blocks.toReversed()] });
  }
  return { kept: kept.toReversed(), left };
}

/** Keeps the newest exchange in any case, even if it alone is too long. */
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
