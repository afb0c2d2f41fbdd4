import type { Refusal } from '../../budget/turn-budget.js';
import type { Texts } from '../../texts/texts.js';
import type { TurnEnd } from './turn-endings.repository.js';

/** A turn ends for want of budget. */
export const overBudget = (refused: Refusal, texts: Texts): TurnEnd => ({
  text: texts.budget[refused],
  errorCode: 'BUDGET_EXHAUSTED',
  model: null,
});

/** Why a turn has used up its model calls: the last answer that it had was not to be sent, or it only called tools. */
export function exhausted(why: 'rejected' | 'loop' | 'steps', texts: Texts): TurnEnd {
  switch (why) {
    case 'rejected':
      return { text: texts.notSent, errorCode: 'OUTPUT_REJECTED', model: null };
    case 'loop':
      return { text: texts.stepsExhausted, errorCode: 'TOOL_LOOP', model: null };
    case 'steps':
      return { text: texts.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }
}
