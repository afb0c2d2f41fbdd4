import { Injectable } from '@nestjs/common';
import { TokenCounter } from '../../llm/token-counter.js';
import type { Influence } from '../../context/outside-influence.js';
import { blockOf, type CountTokens } from '../../context/context.js';
import type { Exchange } from '../../context/turn-request.js';
import { OutputCheck } from './output-check.js';
import type { I18n } from '../../../platform/i18n/i18n.js';
import type { ModelAnswer } from '../../llm/model-answer.js';
import type { MissedAnswer, RunState } from './run-state.js';
import type { TurnAnswer } from '../../turns/turn-completion.repository.js';
import { rejectionNote } from '../policy/output-verdict.js';
import type { BudgetRefusal } from '../../../budget/turn-budget.js';

/** Decides whether an answer without tool calls ends its turn or gets another try. Each kind of failure has one. */
@Injectable()
export class FinalAnswers {
  constructor(
    private readonly check: OutputCheck,
    private readonly tokens: TokenCounter,
  ) {}

  /**
   * @param answer that of the state's step
   * @throws what OutputCheck.checkAnswer throws
   */
  async concludeAnswer(state: RunState, answer: ModelAnswer): Promise<TurnAnswer | MissedAnswer> {
    const { run, index } = state;
    const { model } = answer;
    const { i18n } = run;
    const next = index + 1;
    const end = endOf(answer, i18n, state.influence);
    if (!end) {
      if (state.hasMissed('empty')) return { text: i18n.empty, errorCode: 'MODEL_EMPTY', model };
      return { why: 'empty', next, exchange: null };
    }
    // A check that an earlier run began is finished, whatever the conversation's setting is now.
    const wanted = run.conversation.outputCheck || state.stepAt(next) !== undefined;
    if (!wanted || end.errorCode === 'MODEL_CONTENT_FILTER') return { ...end, model };
    const checked = await this.check.checkAnswer(state, { asked: askedIn(state), answer: end.text });
    if ('refused' in checked) return overBudget(checked.refused, i18n);
    const { verdict } = checked;
    if (verdict.kind === 'ok') return { ...end, model };
    if (verdict.kind === 'unreadable') return { text: i18n.notSent, errorCode: 'OUTPUT_UNCHECKED', model };
    if (state.hasMissed('rejected')) return { text: i18n.notSent, errorCode: 'OUTPUT_REJECTED', model };
    const exchange = rejectedExchange(index, end.text, verdict.reason, (text) => this.tokens.count(text));
    return { why: 'rejected', next: checked.next, exchange };
  }
}

/** The texts that people wrote for this turn, in order. */
function askedIn({ asking, joined }: RunState): string[] {
  const blocks = [asking.context.own, ...joined.map(({ block }) => block)];
  return blocks
    .flatMap(({ messages }) => messages)
    .flatMap(({ content }) => (typeof content === 'string' ? [content] : (content ?? []).flatMap(textOf)));
}

const textOf = (part: { readonly type: string; readonly text?: string }): string[] =>
  part.type === 'text' && part.text !== undefined ? [part.text] : [];

/** UTF-16 units that are kept of an answer: some 25 messages in Telegram. */
const MAX_ANSWER_CHARS = 100_000;

/** Converts a model's final answer to the turn's end; null for an empty one. */
function endOf(answer: ModelAnswer, i18n: I18n, influence: Influence): Omit<TurnAnswer, 'model'> | null {
  const said = answer.content?.trim() ?? '';
  const origin = influence === 'outside' ? { outside: true as const } : {};
  if (answer.refusal?.trim()) return { text: answer.refusal, errorCode: 'MODEL_REFUSED', ...origin };
  if (answer.finishReason === 'content_filter')
    return { text: i18n.filtered, errorCode: 'MODEL_CONTENT_FILTER' };
  if (said === '') return null;
  if (answer.finishReason === 'length' || said.length > MAX_ANSWER_CHARS) {
    return {
      text: `${said.slice(0, MAX_ANSWER_CHARS).toWellFormed()}\n\n${i18n.cutOff}`,
      errorCode: 'MODEL_LENGTH',
      ...origin,
    };
  }
  return { text: said, errorCode: null, ...origin };
}

/** Shows the model its rejected answer and the reason, so that it writes another one. */
function rejectedExchange(stepIndex: number, answer: string, reason: string, count: CountTokens): Exchange {
  const call = blockOf(
    [
      { role: 'assistant', content: answer },
      { role: 'user', content: rejectionNote(reason) },
    ],
    count,
  );
  return { stepIndex, call, results: [] };
}

/** The end of a turn because its budget is exhausted. */
export const overBudget = (refused: BudgetRefusal, i18n: I18n): TurnAnswer => ({
  text: i18n.budget[refused],
  errorCode: 'BUDGET_EXHAUSTED',
  model: null,
});

/** The end of a turn without model calls left: its last answer was rejected, or it only called tools. */
export function exhausted(why: 'rejected' | 'loop' | 'steps', i18n: I18n): TurnAnswer {
  switch (why) {
    case 'rejected':
      return { text: i18n.notSent, errorCode: 'OUTPUT_REJECTED', model: null };
    case 'loop':
      return { text: i18n.stepsExhausted, errorCode: 'TOOL_LOOP', model: null };
    case 'steps':
      return { text: i18n.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }
}
