import { Injectable, Logger } from '@nestjs/common';
import type { BudgetRefusal } from '../../../budget/turn-budget.js';
import { ModelSettings } from '../../llm/model.settings.js';
import { ContextOverflowError } from '../../llm/model-error.js';
import { type ModelAnswer, readModelAnswer } from '../../llm/model-answer.js';
import { ModelSteps } from './model-steps.js';
import type { RunState } from './run-state.js';
import { checkRequest, readVerdict, type OutputVerdict } from '../policy/output-verdict.js';

/** Tries to get a readable verdict. */
const TRIES = 2;

/** The outcome of a check; `next` is the first step behind it. */
export type Checked =
  { readonly verdict: OutputVerdict; readonly next: number } | { readonly refused: BudgetRefusal };

/**
 * Lets a model check an answer before it is sent. Each try is a step of the turn, behind the step of the answer, so
 * that it is counted like any model call and is not made twice.
 */
@Injectable()
export class OutputCheck {
  private readonly logger = new Logger(OutputCheck.name);

  constructor(
    private readonly modelSteps: ModelSteps,
    private readonly settings: ModelSettings,
  ) {}

  /**
   * @param state at the step of the answer
   * @param asked the texts that people wrote in this turn
   * @throws what the model client throws, LeaseLostError, or the reason of the signal
   */
  async checkAnswer(
    state: RunState,
    { asked, answer }: { readonly asked: readonly string[]; readonly answer: string },
  ): Promise<Checked> {
    const { run, asking } = state;
    const request = checkRequest(asked, answer);
    const model = this.settings.checkModel ?? asking.caller.model;
    const caller = { ...asking.caller, model };
    const index = state.index + 1;
    let verdict: OutputVerdict = { kind: 'unreadable' };
    let next = index;
    for (let tries = 0; tries < TRIES && verdict.kind === 'unreadable'; tries += 1) {
      const step = state.stepAt(next);
      const taken = step
        ? readModelAnswer(step.result)
        : await this.modelSteps.callModel(run, caller, next, request).catch(tooLong);
      if (taken === null) break;
      if ('refused' in taken) return taken;
      run.budget.spend(taken);
      verdict = verdictOf(taken);
      next += 1;
    }
    if (verdict.kind !== 'ok')
      this.logger.warn({ msg: 'answer not passed', turnId: run.turn.id, index, verdict: verdict.kind });
    return { verdict, next };
  }
}

function verdictOf({ content, refusal, toolCalls, finishReason }: ModelAnswer): OutputVerdict {
  const whole = finishReason === 'stop' && !refusal && toolCalls.length === 0;
  return whole ? readVerdict(content) : { kind: 'unreadable' };
}

/** An answer that is too long for the check's model is not read at all. */
function tooLong(error: unknown): null {
  if (error instanceof ContextOverflowError) return null;
  throw error;
}
