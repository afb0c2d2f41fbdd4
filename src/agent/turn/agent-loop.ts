import { Injectable } from '@nestjs/common';
import type { Refusal, TurnBudget } from '../../budget/turn-budget.js';
import { AgentSettings } from '../../config/agent.settings.js';
import type { Approval, Step } from '../../generated/prisma/client.js';
import type { ToolRules } from '../../memory/tool-rules.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import { ContextWindow } from '../context/context-window.js';
import { type Influence, influenceOn, mixed } from '../guard/outside-influence.js';
import { RepeatedCalls } from '../guard/repeated-calls.js';
import { strayCalls } from '../guard/stray-calls.js';
import { ToolPermissions } from '../guard/tool-permissions.js';
import { type Answered, type AnsweredTalk, FinalAnswers, type Missed } from './final-answers.js';
import { type ModelAnswer, readInfluence, readModelAnswer } from './model-answer.js';
import { ModelSteps, type Place } from './model-steps.js';
import type { Join } from '../busy/newcomers.js';
import { StepRepository } from './step.repository.js';
import { textsFor } from '../../texts/texts-for.js';
import { TokenCounter } from '../context/token-counter.js';
import { type ToolCaller, ToolCalls } from './tool-calls.js';
import { type Exchange, exchangeOf, type Joined } from '../context/turn-request.js';
import type { TurnEnd } from './turn-endings.repository.js';
import { exhausted, overBudget } from './turn-ends.js';

export interface Loop extends Omit<ToolCaller, 'approvals' | 'live'>, Answered {
  readonly newcomers: Join;
  /** The run's. */
  readonly budget: TurnBudget;
}

/** What a turn has come to, as its loop goes on with it. */
interface OpenTalk extends AnsweredTalk {
  readonly exchanges: Exchange[];
  joined: readonly Joined[];
  readonly missed: Missed[];
  readonly repeats: RepeatedCalls;
  rules: readonly ToolRules[];
  influence: Influence;
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
    private readonly finals: FinalAnswers,
    private readonly steps: StepRepository,
    private readonly approvals: ApprovalRepository,
    private readonly permissions: ToolPermissions,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
  ) {}

  /** @throws ApprovalNeededError, what the model client throws, LeaseLostError, or the reason of the signal */
  async run(loop: Loop): Promise<TurnEnd> {
    const done = await this.steps.of(loop.turn.id);
    // Nobody was asked before the first step.
    const approvals = done.size > 0 ? await this.approvals.of(loop.turn.id) : new Map<number, Approval>();
    const talk = await this.open(loop);
    const { repeats, missed } = talk;
    const texts = textsFor(loop.tools.languageCode);
    let index = 0;
    for (let call = 1; call <= this.settings.maxSteps; call += 1) {
      const last = call === this.settings.maxSteps || repeats.exhausted;
      const answer = await this.answerOf(loop, done.get(index), talk, { index, last });
      if ('refused' in answer) return overBudget(answer.refused, texts);
      talk.budget.spend(answer);
      if (answer.toolCalls.length === 0) {
        const settled = await this.finals.settle(loop, talk, done, index, answer);
        if (!('why' in settled)) return settled;
        missed.push(settled);
        if (settled.exchange) talk.exchanges.push(settled.exchange);
        index = settled.next;
        continue;
      }
      if (last) break;
      talk.exchanges.push(await this.exchange({ ...loop, approvals }, talk, done, index, answer));
      index += 1 + answer.toolCalls.length;
    }
    if (missed.some(({ why }) => why === 'rejected')) return exhausted('rejected', texts);
    return exhausted(repeats.exhausted ? 'loop' : 'steps', texts);
  }

  private async open({ turn, context, conversation, budget }: Loop): Promise<OpenTalk> {
    return {
      exchanges: [...context.exchanges],
      joined: [...context.joined],
      window: new ContextWindow(context),
      budget,
      missed: [],
      repeats: new RepeatedCalls(),
      rules: await this.permissions.of(conversation, turn),
      influence: 'people',
    };
  }

  private async answerOf(
    loop: Loop,
    done: Step | undefined,
    talk: OpenTalk,
    place: Place,
  ): Promise<ModelAnswer | { readonly refused: Refusal }> {
    const { index } = place;
    if (done) return this.recall(loop, done, talk);
    const block = index > 0 ? await loop.newcomers(index) : null;
    if (block) {
      // It has all of this step: a run before this one may have begun it, and what joined it then is on record.
      const others = talk.joined.filter(({ stepIndex }) => stepIndex !== index);
      talk.joined = [...others, { stepIndex: index, block }];
      talk.rules = await this.permissions.of(loop.conversation, loop.turn);
    }
    talk.influence = mixed(talk.influence, influenceOn(index, loop.context, talk));
    return await this.modelSteps.take(loop, talk, place);
  }

  /** What the request held then may be gone from the context by now: a picture, what a summary has taken in. */
  private recall({ context }: Loop, { index, result }: Step, talk: OpenTalk): ModelAnswer {
    talk.influence = mixed(talk.influence, readInfluence(result), influenceOn(index, context, talk));
    return readModelAnswer(result);
  }

  /** Makes the calls that an answer asks for. */
  private async exchange(
    caller: ToolCaller & Pick<Loop, 'context'>,
    talk: OpenTalk,
    done: ReadonlyMap<number, Step>,
    modelIndex: number,
    answer: ModelAnswer,
  ): Promise<Exchange> {
    const { toolCalls: calls } = answer;
    const joined = new Set(talk.joined.map(({ stepIndex }) => stepIndex).filter((step) => step <= modelIndex))
      .size;
    const results = await this.calls.make(caller, done, {
      modelIndex,
      calls,
      repeated: talk.repeats.count(calls, joined),
      // Reads the whole request: a turn that people alone have led to is not asked about addresses, and does without.
      stray: talk.influence === 'outside' ? strayCalls(calls, modelIndex, caller.context, talk) : [],
      influence: talk.influence,
      rules: talk.rules,
    });
    return exchangeOf(modelIndex, answer, results, (text) => this.tokens.count(text));
  }
}
