import { Injectable, Logger } from '@nestjs/common';
import type { Refusal, TurnBudget } from '../../budget/turn-budget.js';
import { insist } from '../../database/insist.js';
import type { Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { messageOf, TurnpikeError } from '../../errors/errors.js';
import type { ToolRules } from '../../memory/tool-rules.js';
import { Clock } from '../../runtime/clock.js';
import type { ContextWindow, Progress } from '../context/context-window.js';
import type { Live } from '../live/live-reply.js';
import type { ModelAnswer } from './model-answer.js';
import type { ModelCaller } from '../model/model-caller.js';
import { ModelClient, type ModelRequest, type Show } from '../model/model-client.js';
import { ContextOverflowError, mayBeThePictures } from '../model/model-error.js';
import type { Influence } from '../guard/outside-influence.js';
import { permits } from '../guard/tool-permission.js';
import { StepRepository } from './step.repository.js';
import { TokenCounter } from '../context/token-counter.js';
import { digest } from './tool-calls.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { requestTokens, withUsage } from './usage-estimate.js';

/** For whom a turn's model is asked, and until when. */
export interface Asking {
  readonly turn: Turn;
  readonly lease: Lease;
  readonly caller: ModelCaller;
  readonly signal: AbortSignal;
  readonly live: Live;
}

/** What the turn has come to so far. */
export interface Talk extends Progress {
  readonly window: ContextWindow;
  readonly budget: TurnBudget;
  /** Whose words its requests hold by now. */
  readonly influence: Influence;
  /** Which tools may be used. */
  readonly rules: readonly ToolRules[];
}

/** The call's place in its turn; the last one has to answer with what is known by then. */
export interface Place {
  readonly index: number;
  readonly last: boolean;
}

/** When a call began: for its record, and to tell how long it takes. */
interface Start {
  readonly at: Date;
  readonly ms: number;
}

export type Taken = ModelAnswer | { readonly refused: Refusal };

/** Makes model calls, each a committed step of its turn when it has ended. */
@Injectable()
export class ModelSteps {
  private readonly logger = new Logger(ModelSteps.name);

  constructor(
    private readonly model: ModelClient,
    private readonly registry: ToolRegistry,
    private readonly steps: StepRepository,
    private readonly tokens: TokenCounter,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the answer, once it is a step; or whose budget does not allow the call
   * @throws what the model client throws, LeaseLostError, or the reason of the signal
   */
  async take(asking: Asking, talk: Talk, place: Place): Promise<Taken> {
    const startedAt = this.start();
    const taken = await this.ask(asking, talk, place);
    if ('refused' in taken) return taken;
    const { request, answer } = taken;
    const { influence } = talk;
    await this.record(asking, place.index, startedAt, request, answer, { influence });
    return answer;
  }

  /**
   * Makes a call whose request stands as it is, of which nothing is shown.
   * @returns and @throws as `take`; ContextOverflowError where the request is more than the model can read at once
   */
  async put(asking: Asking, budget: TurnBudget, index: number, asked: ModelRequest): Promise<Taken> {
    const startedAt = this.start();
    const count = (text: string) => this.tokens.count(text);
    const request = { ...asked, ...budget.callLimit };
    const refused = await budget.admit(() => requestTokens(request, count));
    if (refused) return { refused };
    const answer = await this.complete(asking, budget, request, unseen);
    await this.record(asking, index, startedAt, request, answer);
    return answer;
  }

  private start(): Start {
    return { at: this.clock.now(), ms: this.clock.monotonicMs() };
  }

  private async record(
    { turn, lease }: Asking,
    index: number,
    { at: startedAt, ms: begunMs }: Start,
    request: ModelRequest,
    answer: ModelAnswer,
    origin: { readonly influence?: Influence } = {},
  ): Promise<void> {
    const { inputTokens, outputTokens, finishReason: finish } = answer;
    const step = {
      turnId: turn.id,
      index,
      kind: 'model' as const,
      name: answer.model,
      requestDigest: digest(request),
      result: { ...answer, ...origin },
      error: null,
      inputTokens,
      outputTokens,
      startedAt,
    };
    await insist(() => this.steps.add(lease, step));
    const ms = Math.round(this.clock.monotonicMs() - begunMs);
    this.logger.log({ msg: 'model answered', turnId: turn.id, index, ms, inputTokens, outputTokens, finish });
  }

  /** A request that is more than the model can read at once is asked again with less in it, a few times. */
  private async ask(
    asking: Asking,
    talk: Talk,
    { index, last }: Place,
  ): Promise<
    { readonly request: ModelRequest; readonly answer: ModelAnswer } | { readonly refused: Refusal }
  > {
    const count = (text: string) => this.tokens.count(text);
    const { turn, live } = asking;
    const show = (text: string) => live.write(text);
    for (;;) {
      const request = this.requestOf(talk, last);
      const refused = await talk.budget.admit(() => requestTokens(request, count));
      if (refused) return { refused };
      try {
        return { request, answer: await this.complete(asking, talk.budget, request, show) };
      } catch (error) {
        const less = withLess(error, talk);
        if (less === null) throw error;
        const { budget } = talk.window;
        this.logger.warn({ msg: less, turnId: turn.id, index, budget, error: messageOf(error) });
      }
    }
  }

  /** Breaking a call off is not for nothing, or whoever does it again and again would spend without a limit. */
  private async complete(
    { turn, caller, signal }: Asking,
    budget: TurnBudget,
    request: ModelRequest,
    show: Show,
  ): Promise<ModelAnswer> {
    const count = (text: string) => this.tokens.count(text);
    let written = '';
    signal.throwIfAborted();
    try {
      const answer = await this.model.complete(request, caller, signal, (text) => show((written = text)));
      return withUsage(answer, request, count);
    } catch (error) {
      // Where the process ends, another one makes the call.
      if (signal.reason instanceof TurnpikeError)
        await budget.brokenOff(requestTokens(request, count), count(written)).catch((reason: unknown) => {
          this.logger.warn({ msg: 'broken off, not counted', turnId: turn.id, error: messageOf(reason) });
        });
      throw error;
    }
  }

  private requestOf(talk: Talk, last: boolean): ModelRequest {
    const tools = this.registry.definitions().filter((tool) => permits(talk.rules, tool.function.name));
    return {
      messages: talk.window.messages(talk),
      ...(tools.length > 0 ? { tools } : {}),
      ...(last && tools.length > 0 ? { tool_choice: 'none' as const } : {}),
      ...talk.budget.callLimit,
    };
  }
}

/** Leaves something out of the next request, where that may help. @returns what was done; null where nothing was */
function withLess(error: unknown, talk: Talk): string | null {
  if (error instanceof ContextOverflowError && talk.window.shrink(talk)) return 'context shrunk';
  return mayBeThePictures(error) && talk.window.leaveOutPictures(talk) ? 'pictures left out' : null;
}
const unseen = (): void => {};
