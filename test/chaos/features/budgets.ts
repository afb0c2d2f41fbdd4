import { type ChatView, requestsAbout, violation, type Violation } from '../evidence.js';
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

/** The most that the request of a call and what was written of its answer come to, in tokens: far less than an answer. */
const BROKEN_OFF_TOKENS = 5_000;

/**
 * Whatever happened, a chat's day says what its steps used, and nothing is reserved by a turn that is over. A call that was
 * broken off is no step, and is counted by what was asked and written.
 */
export function judgeSpent(view: ChatView): Violation[] {
  const { chat, all } = view;
  const day = all.records.budgets.find((budget) => budget.chat === chat);
  if (!day) return [];
  const beyond = day.spent - day.used;
  return beyond >= 0 && beyond <= BROKEN_OFF_TOKENS * brokenOff(view) && day.reserved === 0
    ? []
    : violation('record', `chat ${chat} spent ${day.spent} of ${day.used} used, ${day.reserved} reserved`);
}

/** At most so many calls ended in no step: one of each turn that did not end by itself, though its request may have got lost. */
function brokenOff(view: ChatView): number {
  const turns = new Set(view.turns.map(({ id }) => id));
  const steps = view.all.records.steps.filter(({ turnId, kind }) => kind === 'model' && turns.has(turnId));
  const tokens = [...view.tokensOfTurn.values()].flat();
  const ended = view.turns.filter(({ state }) => state !== 'done').length;
  return Math.max(0, requestsAbout(view, tokens).length - steps.length) + ended;
}
