import { Injectable, Logger } from '@nestjs/common';
import { Budgets } from '../budget/budgets.service.js';
import type { Refusal, TurnBudget } from '../budget/turn-budget.js';
import { AgentSettings } from '../config/agent.settings.js';
import { insist } from '../database/insist.js';
import type { Approval, Step } from '../generated/prisma/client.js';
import { Clock } from '../runtime/clock.js';
import { ApprovalRepository } from './approvals/approval.repository.js';
import type { Live } from './live/live-reply.js';
import { type ModelAnswer, readModelAnswer } from './model-answer.js';
import { ModelClient } from './model-client.js';
import type { Join } from './newcomers.js';
import { type NewStep, StepRepository } from './step.repository.js';
import { texts } from './texts.js';
import { TokenCounter } from './token-counter.js';
import { digest, type ToolCaller, ToolCalls } from './tool-calls.js';
import { ToolRegistry } from './tools/tool-registry.js';
import { type Exchange, exchangeOf, type Joined, requestMessages, type TurnContext } from './turn-request.js';
import type { TurnEnd } from './turn-endings.repository.js';
import { requestTokens, withUsage } from './usage-estimate.js';

export interface Loop extends Omit<ToolCaller, 'approvals'> {
  readonly context: TurnContext;
  readonly newcomers: Join;
  readonly live: Live;
}

/** What a turn has come to so far, beside its context. */
interface Progress {
  readonly exchanges: Exchange[];
  readonly joined: Joined[];
}

/**
 * Model and tools by turns, until there is an answer or the steps are used up. Each finished call is a committed step;
 * a loop that begins again goes through the steps that are there and calls nothing twice.
 */
@Injectable()
export class AgentLoop {
  private readonly logger = new Logger(AgentLoop.name);

  constructor(
    private readonly model: ModelClient,
    private readonly registry: ToolRegistry,
    private readonly calls: ToolCalls,
    private readonly steps: StepRepository,
    private readonly approvals: ApprovalRepository,
    private readonly tokens: TokenCounter,
    private readonly budgets: Budgets,
    private readonly settings: AgentSettings,
    private readonly clock: Clock,
  ) {}

  /** @throws ApprovalNeededError, what the model client throws, LeaseLostError, or the reason of the signal */
  async run(loop: Loop): Promise<TurnEnd> {
    const done = await this.steps.of(loop.turn.id);
    // Nobody was asked before the first step.
    const approvals = done.size > 0 ? await this.approvals.of(loop.turn.id) : new Map<number, Approval>();
    const progress: Progress = { exchanges: [], joined: [...loop.context.joined] };
    const budget = this.budgets.open(loop.lease, loop.turn);
    let index = 0;
    let empty = 0;
    for (let call = 1; call <= this.settings.maxSteps; call += 1) {
      const last = call === this.settings.maxSteps;
      const answer = await this.askModel(loop, budget, done.get(index), index, progress, last);
      if ('refused' in answer)
        return { text: texts.budget[answer.refused], errorCode: 'BUDGET_EXHAUSTED', model: null };
      budget.spend(answer);
      if (answer.toolCalls.length === 0) {
        const end = endOf(answer);
        empty += end ? 0 : 1;
        if (end) return { ...end, model: answer.model };
        if (empty > 1) return { text: texts.empty, errorCode: 'MODEL_EMPTY', model: answer.model };
        index += 1;
        continue;
      }
      if (last) break;
      loop.live.note(texts.working([...new Set(answer.toolCalls.map(({ name }) => name))]));
      const results = await this.calls.make({ ...loop, approvals }, done, index, answer.toolCalls);
      progress.exchanges.push(exchangeOf(index, answer, results, (text) => this.tokens.count(text)));
      index += 1 + answer.toolCalls.length;
    }
    return { text: texts.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }

  private async askModel(
    { turn, lease, context, signal, newcomers }: Loop,
    budget: TurnBudget,
    done: Step | undefined,
    index: number,
    { exchanges, joined }: Progress,
    last: boolean,
  ): Promise<ModelAnswer | { readonly refused: Refusal }> {
    if (done) return readModelAnswer(done.result);
    const block = index > 0 ? await newcomers(index) : null;
    if (block) joined.push({ stepIndex: index, block });
    const startedAt = this.clock.now();
    const tools = this.registry.definitions();
    const request = {
      messages: requestMessages(context, exchanges, joined),
      ...(tools.length > 0 ? { tools: [...tools] } : {}),
      // The last call has to answer with what is known by then.
      ...(last && tools.length > 0 ? { tool_choice: 'none' as const } : {}),
      ...budget.callLimit,
    };
    const count = (text: string) => this.tokens.count(text);
    const refused = await budget.admit(() => requestTokens(request, count));
    if (refused) return { refused };
    const counted = (given: ModelAnswer) => withUsage(given, request, count);
    const answer = await this.model.complete(request, signal).then(counted);
    const { inputTokens, outputTokens } = answer;
    const step: NewStep = {
      turnId: turn.id,
      index,
      kind: 'model',
      name: answer.model,
      requestDigest: digest(request),
      result: answer,
      error: null,
      inputTokens,
      outputTokens,
      startedAt,
    };
    await insist(() => this.steps.add(lease, step));
    const ms = this.clock.now().getTime() - startedAt.getTime();
    this.logger.log({
      msg: 'model answered',
      turnId: turn.id,
      index,
      ms,
      inputTokens,
      outputTokens,
      finish: answer.finishReason,
    });
    return answer;
  }
}

/** UTF-16 units of an answer that are kept: some 25 messages in Telegram. */
const MAX_ANSWER_CHARS = 100_000;

/** What a model's final answer means; null for an empty one. */
function endOf(answer: ModelAnswer): Pick<TurnEnd, 'text' | 'errorCode'> | null {
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
