import { Injectable, Logger } from '@nestjs/common';
import { Budgets } from '../budget/budgets.service.js';
import type { Refusal, TurnBudget } from '../budget/turn-budget.js';
import { AgentSettings } from '../config/agent.settings.js';
import { insist } from '../database/insist.js';
import type { Approval, Step } from '../generated/prisma/client.js';
import { Clock } from '../runtime/clock.js';
import { ApprovalRepository } from './approvals/approval.repository.js';
import { ContextWindow, type Progress } from './context-window.js';
import type { Live } from './live/live-reply.js';
import { type ModelAnswer, readModelAnswer } from './model-answer.js';
import type { ModelCaller } from './model/model-caller.js';
import { ModelClient, type ModelRequest } from './model/model-client.js';
import { ContextOverflowError } from './model/model-error.js';
import type { Join } from './newcomers.js';
import { type NewStep, StepRepository } from './step.repository.js';
import { texts } from './texts.js';
import { TokenCounter } from './token-counter.js';
import { digest, type ToolCaller, ToolCalls } from './tool-calls.js';
import { ToolRegistry } from './tools/tool-registry.js';
import { type Exchange, exchangeOf, type Joined, type TurnContext } from './turn-request.js';
import type { TurnEnd } from './turn-endings.repository.js';
import { requestTokens, withUsage } from './usage-estimate.js';

export interface Loop extends Omit<ToolCaller, 'approvals'> {
  readonly context: TurnContext;
  readonly caller: ModelCaller;
  readonly newcomers: Join;
  readonly live: Live;
}

/** A turn as it goes on. */
interface Talk extends Progress {
  readonly exchanges: Exchange[];
  readonly joined: Joined[];
  readonly window: ContextWindow;
  readonly budget: TurnBudget;
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
    const window = new ContextWindow(loop.context);
    const budget = this.budgets.open(loop.lease, loop.turn);
    const talk: Talk = { exchanges: [], joined: [...loop.context.joined], window, budget };
    let index = 0;
    let empty = 0;
    for (let call = 1; call <= this.settings.maxSteps; call += 1) {
      const last = call === this.settings.maxSteps;
      const answer = await this.askModel(loop, done.get(index), index, talk, last);
      if ('refused' in answer)
        return { text: texts.budget[answer.refused], errorCode: 'BUDGET_EXHAUSTED', model: null };
      talk.budget.spend(answer);
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
      talk.exchanges.push(exchangeOf(index, answer, results, (text) => this.tokens.count(text)));
      index += 1 + answer.toolCalls.length;
    }
    return { text: texts.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }

  private async askModel(
    loop: Loop,
    done: Step | undefined,
    index: number,
    talk: Talk,
    last: boolean,
  ): Promise<ModelAnswer | { readonly refused: Refusal }> {
    if (done) return readModelAnswer(done.result);
    const { turn, lease } = loop;
    const block = index > 0 ? await loop.newcomers(index) : null;
    if (block) talk.joined.push({ stepIndex: index, block });
    const startedAt = this.clock.now();
    const taken = await this.complete(loop, index, talk, last);
    if ('refused' in taken) return taken;
    const { request, answer } = taken;
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

  /** A request that is more than the model can read at once is asked again with less in it, a few times. */
  private async complete({ turn, caller, signal }: Loop, index: number, talk: Talk, last: boolean) {
    const tools = this.registry.definitions();
    const count = (text: string) => this.tokens.count(text);
    for (;;) {
      const request: ModelRequest = {
        messages: talk.window.messages(talk),
        ...(tools.length > 0 ? { tools } : {}),
        // The last call has to answer with what is known by then.
        ...(last && tools.length > 0 ? { tool_choice: 'none' as const } : {}),
        ...talk.budget.callLimit,
      };
      const refused = await talk.budget.admit(() => requestTokens(request, count));
      if (refused) return { refused };
      try {
        const answer = await this.model.complete(request, caller, signal);
        return { request, answer: withUsage(answer, request, count) };
      } catch (error) {
        if (!(error instanceof ContextOverflowError) || !talk.window.shrink(talk)) throw error;
        const { budget } = talk.window;
        const { message, hint } = error;
        this.logger.warn({ msg: 'context shrunk', turnId: turn.id, index, budget, error: message, hint });
      }
    }
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
