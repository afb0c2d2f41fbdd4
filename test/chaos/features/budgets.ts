import { type ChatView, violation, type Violation } from '../evidence.js';
import { type Feature, named, range, say } from './feature.js';

/** What a chat may use in a day, in tokens: a setting of the cluster. */
export const CHAT_DAY_TOKENS = 400_000;
/** What one answer of such a chat costs. */
const DEAR = 150_000;

/** Answers are dear: when the chat has used up its day, it is told so, and no model is asked any more. */
export const budgets: Feature = {
  name: 'budgets',
  sign: 1,
  script: (hand) => range(hand.messages).map((n) => say(hand, n, `cost:${DEAR}`)),
  terms: () => named('budgets', { endCodes: new Set(['BUDGET_EXHAUSTED']) }),
  judge: judgeSpent,
};

/** Whatever happened, a chat's day says what its turns used, and nothing is reserved by a turn that is over. */
export function judgeSpent({ chat, all }: ChatView): Violation[] {
  const day = all.records.budgets.find((budget) => budget.chat === chat);
  if (!day) return [];
  return day.spent === day.used && day.reserved === 0
    ? []
    : violation('record', `chat ${chat} spent ${day.spent} of ${day.used} used, ${day.reserved} reserved`);
}
