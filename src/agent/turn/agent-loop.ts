import { Injectable } from '@nestjs/common';
import { Budgets } from '../../budget/budgets.service.js';
import type { Refusal } from '../../budget/turn-budget.js';
import { AgentSettings } from '../../config/agent.settings.js';
import type { Approval, Step } from '../../generated/prisma/client.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import { ContextWindow } from '../context/context-window.js';
import { type ModelAnswer, readModelAnswer } from './model-answer.js';
import { type Asking, ModelSteps, type Place, type Talk } from './model-steps.js';
import type { Join } from '../busy/newcomers.js';
import { StepRepository } from './step.repository.js';
import type { Texts } from '../../texts/texts.js';
import { textsFor } from '../../texts/texts-for.js';
import { TokenCounter } from '../context/token-counter.js';
import { type ToolCaller, ToolCalls } from './tool-calls.js';
import { type Exchange, exchangeOf, type Joined, type TurnContext } from '../context/turn-request.js';
import type { TurnEnd } from './turn-endings.repository.js';

export interface Loop extends Omit<ToolCaller, 'approvals'>, Asking {
  readonly context: TurnContext;
  readonly newcomers: Join;
}

/**
 * Model and tools by turns, until there is an answer or the steps are used up. Each finished call is a committed step;
 * a loop that begins again goes through the steps that are there and calls nothing twice.
 */
@Injectable()
export class AgentLoop {
  constructor(
    private readonly modelSteps: ModelSteps,
    private readonly calls: ToolCalls,
    private readonly steps: StepRepository,
    private readonly approvals: ApprovalRepository,
    private readonly tokens: TokenCounter,
    private readonly budgets: Budgets,
    private readonly settings: AgentSettings,
  ) {}

  /** @throws ApprovalNeededError, what the model client throws, LeaseLostError, or the reason of the signal */
  async run(loop: Loop): Promise<TurnEnd> {
    const done = await this.steps.of(loop.turn.id);
    // Nobody was asked before the first step.
    const approvals = done.size > 0 ? await this.approvals.of(loop.turn.id) : new Map<number, Approval>();
    const exchanges: Exchange[] = [];
    const joined = [...loop.context.joined];
    const texts = textsFor(loop.tools.languageCode);
    const window = new ContextWindow(loop.context);
    const talk = {
      exchanges,
      joined,
      window,
      budget: this.budgets.open(loop.lease, loop.turn, loop.caller.model),
    };
    let index = 0;
    let empty = 0;
    for (let call = 1; call <= this.settings.maxSteps; call += 1) {
      const last = call === this.settings.maxSteps;
      const answer = await this.answerOf(loop, done.get(index), joined, talk, { index, last });
      if ('refused' in answer)
        return { text: texts.budget[answer.refused], errorCode: 'BUDGET_EXHAUSTED', model: null };
      talk.budget.spend(answer);
      if (answer.toolCalls.length === 0) {
        const end = endOf(answer, texts);
        empty += end ? 0 : 1;
        if (end) return { ...end, model: answer.model };
        if (empty > 1) return { text: texts.empty, errorCode: 'MODEL_EMPTY', model: answer.model };
        index += 1;
        continue;
      }
      if (last) break;
      loop.live.note(texts.working([...new Set(answer.toolCalls.map(({ name }) => name))]));
      const results = await this.calls.make({ ...loop, approvals }, done, index, answer.toolCalls);
      exchanges.push(exchangeOf(index, answer, results, (text) => this.tokens.count(text)));
      index += 1 + answer.toolCalls.length;
    }
    return { text: texts.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }

  private async answerOf(
    loop: Loop,
    done: Step | undefined,
    joined: Joined[],
    talk: Talk,
    place: Place,
  ): Promise<ModelAnswer | { readonly refused: Refusal }> {
    if (done) return readModelAnswer(done.result);
    const { index } = place;
    const block = index > 0 ? await loop.newcomers(index) : null;
    if (block) joined.push({ stepIndex: index, block });
    return await this.modelSteps.take(loop, talk, place);
  }
}

/** UTF-16 units of an answer that are kept: some 25 messages in Telegram. */
const MAX_ANSWER_CHARS = 100_000;

/** What a model's final answer means; null for an empty one. */
function endOf(answer: ModelAnswer, texts: Texts): Pick<TurnEnd, 'text' | 'errorCode'> | null {
  const said = answer.content?.trim() ?? '';
  if (answer.refusal?.trim()) return { text: answer.refusal, errorCode: 'MODEL_REFUSED' };
  if (answer.finishReason === 'content_filter')
    return { text: texts.filtered, errorCode: 'MODEL_CONTENT_FILTER' };
  if (said === '') return null;
  if (answer.finishReason === 'length' || said.length > MAX_ANSWER_CHARS) {
    return {
      text: `${said.slice(0, MAX_ANSWER_CHARS).toWellFormed()}\n\n${texts.cutOff}`,
      errorCode: 'MODEL_LENGTH',
    };
  }
  return { text: said, errorCode: null };
}
