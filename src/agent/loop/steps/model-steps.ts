import { Injectable, Logger } from '@nestjs/common';
import type { BudgetRefusal } from '../../../budget/turn-budget.js';
import { retryWrite } from '../../../platform/database/retry-write.js';
import { messageOf, TurnpikeError } from '../../../platform/errors/errors.js';
import { Clock } from '../../../platform/runtime/clock.js';
import type { ModelAnswer } from '../../llm/model-answer.js';
import type { ModelCaller } from '../../llm/model-caller.js';
import { ModelClient, type ModelRequest, type ShowText } from '../../llm/model-client.js';
import { ContextOverflowError, mayBeThePictures } from '../../llm/model-error.js';
import type { Influence } from '../../context/outside-influence.js';
import { permits } from '../policy/tool-permission.js';
import { type ModelStep, StepRepository } from '../../turns/step.repository.js';
import { TokenCounter } from '../../llm/token-counter.js';
import type { ActiveRun } from '../../turns/turn-run.js';
import type { RunState } from './run-state.js';
import { digest } from './tool-calls.js';
import { ToolRegistry } from '../../tools/tool-registry.js';
import { requestTokens, withUsage } from '../../context/usage-estimate.js';

/** The start of a call: for its record and its duration. */
interface Start {
  readonly at: Date;
  readonly ms: number;
}

export type StepAnswer = ModelAnswer | { readonly refused: BudgetRefusal };

/** Makes model calls; each is a committed step of its turn once it has ended. */
@Injectable()
export class ModelSteps {
  private readonly logger = new Logger(ModelSteps.name);
  private readonly count = (text: string): number => this.tokens.count(text);

  constructor(
    private readonly model: ModelClient,
    private readonly registry: ToolRegistry,
    private readonly steps: StepRepository,
    private readonly tokens: TokenCounter,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes the next step.
   * @param last the model has to answer now, without tools
   * @returns the answer, once it is a committed step, or if it may be committed with the turn's end, as the state's
   * `pending`; or the owner of the budget that refuses the call
   * @throws what the model client throws, LeaseLostError, or the reason of the signal
   */
  async answerStep(state: RunState, last: boolean): Promise<StepAnswer> {
    const { run, index, influence } = state;
    const startedAt = this.start();
    const asked = await this.ask(state, last);
    if ('refused' in asked) return asked;
    const { request, answer } = asked;
    const step = this.stepOf(run, index, startedAt, request, { ...answer, influence });
    if (mayEndTurn(state, answer)) state.pending = step;
    else await this.record(run, step);
    return answer;
  }

  /** Records the pending step of a turn that goes on. @throws LeaseLostError */
  async recordPending(state: RunState): Promise<void> {
    if (!state.pending) return;
    await this.record(state.run, state.pending);
    state.pending = null;
  }

  /**
   * Makes a call with a fixed request; nothing of it is shown.
   * @returns and @throws as `answerStep`; ContextOverflowError if the request is more than the model can read at once
   */
  async callModel(
    run: ActiveRun,
    caller: ModelCaller,
    index: number,
    asked: ModelRequest,
  ): Promise<StepAnswer> {
    const startedAt = this.start();
    const request = { ...asked, ...run.budget.callLimit };
    const refused = await run.budget.admit(() => requestTokens(request, this.count));
    if (refused) return { refused };
    const answer = await this.complete(run, caller, request, unseen);
    await this.record(run, this.stepOf(run, index, startedAt, request, answer));
    return answer;
  }

  private start(): Start {
    return { at: this.clock.now(), ms: this.clock.monotonicMs() };
  }

  /** Commits a finished call as a step by itself. @throws LeaseLostError */
  async record({ lease }: ActiveRun, step: ModelStep): Promise<void> {
    await retryWrite(() => this.steps.add(lease, step));
    this.noteRecorded(step);
  }

  /** Pays for a finished call whose turn was stopped or taken over before the call could be a step. */
  async chargeLost({ budget }: ActiveRun, step: ModelStep): Promise<void> {
    await budget
      .chargeUnrecorded({ ...step, model: step.name })
      .catch((reason: unknown) => this.warnUncounted(step.turnId, reason));
  }

  private warnUncounted(turnId: string, reason: unknown): void {
    this.logger.warn({ msg: 'model call not counted', turnId, error: messageOf(reason) });
  }

  /** Logs a step that is committed. */
  noteRecorded({ turnId, index, tookMs: ms, inputTokens, outputTokens, result }: ModelStep): void {
    const { finishReason: finish } = result;
    this.logger.log({ msg: 'model answered', turnId, index, ms, inputTokens, outputTokens, finish });
  }

  private stepOf(
    { turn }: ActiveRun,
    index: number,
    { at: startedAt, ms: begunMs }: Start,
    request: ModelRequest,
    result: ModelAnswer & { readonly influence?: Influence },
  ): ModelStep {
    const { inputTokens, cachedTokens, cacheWriteTokens, outputTokens } = result;
    return {
      turnId: turn.id,
      index,
      kind: 'model',
      name: result.model,
      requestDigest: digest(request),
      result,
      error: null,
      inputTokens,
      cachedTokens,
      cacheWriteTokens,
      outputTokens,
      startedAt,
      tookMs: Math.round(this.clock.monotonicMs() - begunMs),
    };
  }

  /** Asks the model; a request that is too long for it is shortened and sent again, a few times. */
  private async ask(
    state: RunState,
    last: boolean,
  ): Promise<
    { readonly request: ModelRequest; readonly answer: ModelAnswer } | { readonly refused: BudgetRefusal }
  > {
    const { run, index } = state;
    const { caller, streamedReply } = state.asking;
    const show = (text: string) => streamedReply.write(text);
    for (;;) {
      const request = this.requestOf(state, last);
      const refused = await run.budget.admit(() => requestTokens(request, this.count));
      if (refused) return { refused };
      try {
        return { request, answer: await this.complete(run, caller, request, show) };
      } catch (error) {
        const less = withLess(error, state);
        if (less === null) throw error;
        const { budget } = state.window;
        this.logger.warn({ msg: less, turnId: run.turn.id, index, budget, error: messageOf(error) });
      }
    }
  }

  /** Charges an aborted call, or a user who aborts calls repeatedly would spend without a limit. */
  private async complete(
    { turn, signal, budget }: ActiveRun,
    caller: ModelCaller,
    request: ModelRequest,
    show: ShowText,
  ): Promise<ModelAnswer> {
    let written = '';
    signal.throwIfAborted();
    try {
      const answer = await this.model.complete(request, caller, signal, (text) => show((written = text)));
      return withUsage(answer, request, this.count);
    } catch (error) {
      // If the process ends, another one makes the call.
      if (signal.reason instanceof TurnpikeError)
        await budget
          .brokenOff(requestTokens(request, this.count), this.count(written))
          .catch((reason: unknown) => this.warnUncounted(turn.id, reason));
      throw error;
    }
  }

  private requestOf(state: RunState, last: boolean): ModelRequest {
    const tools = this.registry.definitions().filter((tool) => permits(state.rules, tool.function.name));
    return {
      messages: state.window.messages(state),
      ...(tools.length > 0 ? { tools } : {}),
      ...(last && tools.length > 0 ? { tool_choice: 'none' as const } : {}),
      ...state.run.budget.callLimit,
    };
  }
}

/** Whether nothing that takes time is left between this answer and the end of its turn. */
function mayEndTurn({ run, asking }: RunState, { toolCalls }: ModelAnswer): boolean {
  const isChecked = run.conversation.outputCheck || run.turn.correctsId !== null;
  return toolCalls.length === 0 && !isChecked && asking.streamedReply.isIdle;
}

/** Shortens the next request, if that may help. @returns a description of the change; null: nothing was left out */
function withLess(error: unknown, state: RunState): string | null {
  if (error instanceof ContextOverflowError && state.window.shrink(state)) return 'context shrunk';
  return mayBeThePictures(error) && state.window.leaveOutPictures(state) ? 'pictures left out' : null;
}
const unseen = (): void => {};
