import { Injectable } from '@nestjs/common';
import { AgentSettings } from '../../context/agent.settings.js';
import type { Step } from '../../../generated/prisma/client.js';
import { ApprovalRepository } from '../../approvals/approval.repository.js';
import { influenceOn, mixed } from '../../context/outside-influence.js';
import { type Exchange, exchangeOf } from '../../context/turn-request.js';
import { type ModelAnswer, readInfluence, readModelAnswer } from '../../llm/model-answer.js';
import { TokenCounter } from '../../llm/token-counter.js';
import { StepRepository } from '../../turns/step.repository.js';
import type { TurnEnd } from '../../turns/turn-completion.repository.js';
import { STAY_SILENT } from '../../tools/built-in/stay-silent.tool.js';
import { permits } from '../policy/tool-permission.js';
import { ToolPermissions } from '../policy/tool-permissions.js';
import { FinalAnswers, exhausted, overBudget } from './final-answers.js';
import { ModelSteps, type StepAnswer } from './model-steps.js';
import { type ModelAsking, RunState } from './run-state.js';
import { ToolCalls } from './tool-calls.js';

/**
 * Calls model and tools by turns, until there is an answer or the steps are used up. Each finished call is a committed
 * step; a restarted loop replays the committed steps and calls nothing twice.
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
  async run(asking: ModelAsking): Promise<TurnEnd> {
    const state = await this.open(asking);
    const { run, repeats } = state;
    const { i18n } = run;
    for (let call = 1; call <= this.settings.maxSteps; call += 1) {
      const last = call === this.settings.maxSteps || repeats.exhausted;
      const answer = await this.nextAnswer(state, last);
      if ('refused' in answer) return overBudget(answer.refused, i18n);
      run.budget.spend(answer);
      if (answer.toolCalls.length === 0) {
        const concluded = await this.finals.concludeAnswer(state, answer);
        if (!('why' in concluded))
          return state.pending ? { ...concluded, lastStep: state.pending } : concluded;
        await this.modelSteps.recordPending(state);
        state.continueAfter(concluded);
        continue;
      }
      if (last) break;
      state.exchanges.push(await this.makeCalls(state, answer));
      if (staysSilent(state, answer)) return { text: null, model: answer.model, errorCode: 'STAYED_SILENT' };
      state.index += 1 + answer.toolCalls.length;
    }
    if (state.hasMissed('rejected')) return exhausted('rejected', i18n);
    return exhausted(repeats.exhausted ? 'loop' : 'steps', i18n);
  }

  private async open(asking: ModelAsking): Promise<RunState> {
    const { run } = asking;
    const steps = run.records ? new Map() : await this.steps.findByTurn(run.turn.id);
    // No person was asked before the first step.
    const approvals = steps.size > 0 ? await this.approvals.findByTurn(run.turn.id) : new Map();
    const rules = await this.permissions.findRules(run, run.records?.toolRules);
    return new RunState(asking, { steps, approvals, rules });
  }

  private async nextAnswer(state: RunState, last: boolean): Promise<StepAnswer> {
    const { asking, index, run } = state;
    const done = state.stepAt(index);
    if (done) return this.recall(state, done);
    const block = index > 0 ? await asking.joinSteering(index) : null;
    if (block) {
      // An earlier run may have begun this step: the messages that joined it are recorded.
      const others = state.joined.filter(({ stepIndex }) => stepIndex !== index);
      state.joined = [...others, { stepIndex: index, block }];
      state.rules = await this.permissions.findRules(run);
    }
    state.influence = mixed(state.influence, influenceOn(index, asking.context, state));
    return await this.modelSteps.answerStep(state, last);
  }

  /**
   * The request's text of that time may be gone from the context by now, such as a picture, or messages that are
   * summarised.
   */
  private recall(state: RunState, { index, result }: Step): ModelAnswer {
    const { context } = state.asking;
    state.influence = mixed(state.influence, readInfluence(result), influenceOn(index, context, state));
    return readModelAnswer(result);
  }

  /** Makes the tool calls of an answer. */
  private async makeCalls(state: RunState, answer: ModelAnswer): Promise<Exchange> {
    const results = await this.calls.make(state, answer.toolCalls);
    return exchangeOf(state.index, answer, results, (text) => this.tokens.count(text));
  }
}

/** Whether the answer ends a turn that may end without a message. */
const staysSilent = ({ rules }: RunState, { toolCalls }: ModelAnswer): boolean =>
  permits(rules, STAY_SILENT) && toolCalls.some(({ name }) => name === STAY_SILENT);
