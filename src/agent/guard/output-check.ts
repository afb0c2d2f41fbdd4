import { Injectable, Logger } from '@nestjs/common';
import type { Refusal } from '../../budget/turn-budget.js';
import { ModelSettings } from '../../config/model.settings.js';
import type { Step } from '../../generated/prisma/client.js';
import { ContextOverflowError } from '../model/model-error.js';
import { type ModelAnswer, readModelAnswer } from '../turn/model-answer.js';
import { type Asking, ModelSteps, type Talk } from '../turn/model-steps.js';
import { checkRequest, readVerdict, type Verdict } from './output-verdict.js';

/** Times that a check is asked for a verdict that can be read. */
const TRIES = 2;

/** What came of a check; `next` is the first step behind it. */
export type Checked = { readonly verdict: Verdict; readonly next: number } | { readonly refused: Refusal };

/**
 * Has an answer checked by a model before it is sent. Each try is a step of the turn, behind the step of the answer, so
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
   * @param index of the step behind the answer
   * @param asked what the people wrote in this turn
   * @throws what the model client throws, LeaseLostError, or the reason of the signal
   */
  async of(
    asking: Asking,
    talk: Talk,
    done: ReadonlyMap<number, Step>,
    index: number,
    { asked, answer }: { readonly asked: readonly string[]; readonly answer: string },
  ): Promise<Checked> {
    const request = checkRequest(asked, answer);
    const model = this.settings.checkModel ?? asking.caller.model;
    const checking = { ...asking, caller: { ...asking.caller, model } };
    let verdict: Verdict = { kind: 'unreadable' };
    let next = index;
    for (let tries = 0; tries < TRIES && verdict.kind === 'unreadable'; tries += 1) {
      const step = done.get(next);
      const taken = step
        ? readModelAnswer(step.result)
        : await this.modelSteps.put(checking, talk.budget, next, request).catch(tooLong);
      if (taken === null) break;
      if ('refused' in taken) return taken;
      talk.budget.spend(taken);
      verdict = verdictOf(taken);
      next += 1;
    }
    const { turn } = asking;
    if (verdict.kind !== 'ok')
      this.logger.warn({ msg: 'answer not passed', turnId: turn.id, index, verdict: verdict.kind });
    return { verdict, next };
  }
}

function verdictOf({ content, refusal, toolCalls, finishReason }: ModelAnswer): Verdict {
  const whole = finishReason === 'stop' && !refusal && toolCalls.length === 0;
  return whole ? readVerdict(content) : { kind: 'unreadable' };
}

/** An answer that is more than the check can read at once is not read at all. */
function tooLong(error: unknown): null {
  if (error instanceof ContextOverflowError) return null;
  throw error;
}
