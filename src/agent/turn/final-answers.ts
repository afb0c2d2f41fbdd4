import { Injectable } from '@nestjs/common';
import type { Conversation, Step } from '../../generated/prisma/client.js';
import { TokenCounter } from '../context/token-counter.js';
import type { Exchange, TurnContext } from '../context/turn-request.js';
import type { Influence } from '../guard/outside-influence.js';
import { OutputCheck } from '../guard/output-check.js';
import { rejectedExchange } from '../guard/rejected-answer.js';
import type { Texts } from '../../texts/texts.js';
import { textsFor } from '../../texts/texts-for.js';
import type { ToolContext } from '../tools/tool-context.js';
import type { ModelAnswer } from './model-answer.js';
import type { Asking, Talk } from './model-steps.js';
import type { TurnEnd } from './turn-endings.repository.js';
import { overBudget } from './turn-ends.js';

/** An answer that does not end its turn. */
export interface Missed {
  readonly why: 'empty' | 'rejected';
  /** The step at which the turn goes on. */
  readonly next: number;
  /** What the model is told of it; null: nothing. */
  readonly exchange: Exchange | null;
}

/** For whom it was answered, and what the turn had come to. */
export interface Answered extends Asking {
  readonly conversation: Conversation;
  readonly context: TurnContext;
  readonly tools: Pick<ToolContext, 'sender' | 'languageCode'>;
}

export interface AnsweredTalk extends Talk {
  readonly missed: readonly Missed[];
}

/** Decides what an answer without tool calls comes to: the end of its turn, or another try. One of each kind is granted. */
@Injectable()
export class FinalAnswers {
  constructor(
    private readonly check: OutputCheck,
    private readonly tokens: TokenCounter,
  ) {}

  /**
   * @param index of the answer's step
   * @throws what OutputCheck.of throws
   */
  async settle(
    answered: Answered,
    talk: AnsweredTalk,
    done: ReadonlyMap<number, Step>,
    index: number,
    answer: ModelAnswer,
  ): Promise<TurnEnd | Missed> {
    const { model } = answer;
    const texts = textsFor(answered.tools.languageCode);
    const next = index + 1;
    const end = endOf(answer, texts, talk.influence);
    if (!end) {
      if (hadOne(talk, 'empty')) return { text: texts.empty, errorCode: 'MODEL_EMPTY', model };
      return { why: 'empty', next, exchange: null };
    }
    // What a run before this one has begun to check is checked, whatever the conversation says by now.
    const wanted = answered.conversation.outputCheck || done.has(next);
    if (!wanted || end.errorCode === 'MODEL_CONTENT_FILTER') return { ...end, model };
    const asked = askedIn(answered.context, talk);
    const checked = await this.check.of(answered, talk, done, next, { asked, answer: end.text });
    if ('refused' in checked) return overBudget(checked.refused, texts);
    const { verdict } = checked;
    if (verdict.kind === 'ok') return { ...end, model };
    if (verdict.kind === 'unreadable') return { text: texts.notSent, errorCode: 'OUTPUT_UNCHECKED', model };
    if (hadOne(talk, 'rejected')) return { text: texts.notSent, errorCode: 'OUTPUT_REJECTED', model };
    const exchange = rejectedExchange(index, end.text, verdict.reason, (text) => this.tokens.count(text));
    return { why: 'rejected', next: checked.next, exchange };
  }
}

const hadOne = ({ missed }: AnsweredTalk, kind: Missed['why']): boolean =>
  missed.some(({ why }) => why === kind);

/** What the people wrote for this turn, in order. */
function askedIn({ own }: TurnContext, { joined }: AnsweredTalk): string[] {
  const blocks = [own, ...joined.map(({ block }) => block)];
  return blocks
    .flatMap(({ messages }) => messages)
    .flatMap(({ content }) => (typeof content === 'string' ? [content] : (content ?? []).flatMap(textOf)));
}

const textOf = (part: { readonly type: string; readonly text?: string }): string[] =>
  part.type === 'text' && part.text !== undefined ? [part.text] : [];

/** UTF-16 units of an answer that are kept: some 25 messages in Telegram. */
const MAX_ANSWER_CHARS = 100_000;

/** What a model's final answer means; null for an empty one. */
function endOf(answer: ModelAnswer, texts: Texts, influence: Influence): Omit<TurnEnd, 'model'> | null {
  const said = answer.content?.trim() ?? '';
  const origin = influence === 'outside' ? { outside: true as const } : {};
  if (answer.refusal?.trim()) return { text: answer.refusal, errorCode: 'MODEL_REFUSED', ...origin };
  if (answer.finishReason === 'content_filter')
    return { text: texts.filtered, errorCode: 'MODEL_CONTENT_FILTER' };
  if (said === '') return null;
  if (answer.finishReason === 'length' || said.length > MAX_ANSWER_CHARS) {
    return {
      text: `${said.slice(0, MAX_ANSWER_CHARS).toWellFormed()}\n\n${texts.cutOff}`,
      errorCode: 'MODEL_LENGTH',
      ...origin,
    };
  }
  return { text: said, errorCode: null, ...origin };
}
