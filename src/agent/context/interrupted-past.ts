import type { Message, Step } from '../../generated/prisma/client.js';
import { readModelAnswer, readToolAnswer } from '../llm/model-answer.js';
import { type Block, type CountTokens, NO_RESULT } from './context.js';
import { type Exchange, exchangeOf, type Joined } from './turn-request.js';

/** The messages from the first of an interrupted turn to the last of the turn that continues it. */
export interface Said {
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly steps: readonly Step[];
}

/** The beginning of a turn that continues interrupted ones. */
export interface ContinuedPast {
  /** The messages before the first call. */
  readonly own: readonly Message[];
  /** The other messages, in their place among the calls: before all steps of the turn itself. */
  readonly joined: readonly Joined[];
  /** The calls of the interrupted turns that have results. */
  readonly exchanges: readonly Exchange[];
}

/**
 * Builds the beginning of such a turn's request from all that it answers: messages, calls of the interrupted turns
 * behind the messages that led to them, and the shown parts of their answers. Calls and results may be shortened like
 * the turn's own; messages never. Pure.
 * @param ownId of the turn that continues
 */
export function continuedPast(
  { messages, steps }: Said,
  ownId: string,
  blockOf: (message: Message) => Block,
  count: CountTokens,
): ContinuedPast {
  const placed = messages.flatMap((message, index): (Message | Step)[] => {
    const { turnId } = message;
    const isLast = !messages.slice(index + 1).some((later) => later.turnId === turnId);
    if (turnId === null || turnId === ownId || !isLast) return [message];
    const calls = steps.filter((step) => step.turnId === turnId && isCall(step));
    return message.role === 'assistant' ? [...calls, message] : [message, ...calls];
  });
  const first = placed.findIndex((one) => !isUserMessage(one));
  const own = (first === -1 ? placed : placed.slice(0, first)).filter(isUserMessage);
  const rest = placed.slice(own.length);
  // Before the turn's own steps, which begin at 0.
  const at = (index: number): number => index - rest.length;
  return {
    own,
    joined: rest.flatMap((one, index) =>
      'role' in one ? [{ stepIndex: at(index), block: blockOf(one) }] : [],
    ),
    exchanges: rest.flatMap((one, index) => ('role' in one ? [] : exchangesOf(at(index), one, steps, count))),
  };
}

const isUserMessage = (one: Message | Step): one is Message => 'role' in one && one.role === 'user';

const isCall = ({ kind, result }: Step): boolean =>
  kind === 'model' && readModelAnswer(result).toolCalls.length > 0;

/** Returns none if no call has a result: none may have been made. */
function exchangesOf(stepIndex: number, step: Step, steps: readonly Step[], count: CountTokens): Exchange[] {
  const answer = readModelAnswer(step.result);
  const results = answer.toolCalls.map((_call, offset) =>
    steps.find(
      ({ turnId, kind, index }) =>
        turnId === step.turnId && kind === 'tool' && index === step.index + 1 + offset,
    ),
  );
  if (results.every((result) => result === undefined)) return [];
  const outputs = answer.toolCalls.map(({ id: callId }, index) => {
    const result = results[index];
    return { callId, output: result ? readToolAnswer(result.result).output : NO_RESULT };
  });
  return [exchangeOf(stepIndex, answer, outputs, count)];
}
