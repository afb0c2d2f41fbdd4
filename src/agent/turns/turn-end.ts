import type { BudgetRefusal } from '../../budget/turn-budget.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import type { TurnEnd } from './turn-completion.repository.js';

/** The end of a turn because its budget is exhausted. */
export const overBudget = (refused: BudgetRefusal, i18n: I18n): TurnEnd => ({
  text: i18n.budget[refused],
  errorCode: 'BUDGET_EXHAUSTED',
  model: null,
});

/** The end of a turn without model calls left: its last answer was rejected, or it only called tools. */
export function exhausted(why: 'rejected' | 'loop' | 'steps', i18n: I18n): TurnEnd {
  switch (why) {
    case 'rejected':
      return { text: i18n.notSent, errorCode: 'OUTPUT_REJECTED', model: null };
    case 'loop':
      return { text: i18n.stepsExhausted, errorCode: 'TOOL_LOOP', model: null };
    case 'steps':
      return { text: i18n.stepsExhausted, errorCode: 'STEPS_EXHAUSTED', model: null };
  }
}
