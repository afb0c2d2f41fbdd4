import { type ChatView, requestsAbout, violation, type Violation } from '../evidence.js';
import { type Feature, named, range, say } from './feature.js';

/** A chat's limit for a day, in tokens: a setting of the cluster. */
export const CHAT_DAY_TOKENS = 400_000;
/** The cost of one answer of such a chat. */
const DEAR = 150_000;

/** Answers are expensive: when the chat has used up its day, it is notified, and no model is asked any more. */
export const budgets: Feature = {
  name: 'budgets',
  sign: 1,
  script: (hand) => range(hand.messages).map((n) => say(hand, n, `cost:${DEAR}`)),
  terms: () => named('budgets', { endCodes: new Set(['BUDGET_EXHAUSTED']) }),
  judge: judgeSpent,
};

/** The highest cost of a call's request and the written part of its answer, in tokens: far less than an answer. */
const BROKEN_OFF_TOKENS = 5_000;

/**
 * After any fault, a chat's day equals the usage of its steps, and no ended turn has a reservation. A call that is no
 * step is paid for too: an aborted one by its request and the written part of its answer, and one that was answered
 * whole, to a process that had lost its turn by then, by its usage.
 */
export function judgeSpent(view: ChatView): Violation[] {
  const { chat, all } = view;
  const day = all.records.budgets.find((budget) => budget.chat === chat);
  if (!day) return [];
  const beyond = day.spent - day.used;
  return beyond >= 0 && beyond <= mostWithoutStep(view) && day.reserved === 0
    ? []
    : violation('record', `chat ${chat} spent ${day.spent} of ${day.used} used, ${day.reserved} reserved`);
}

/**
 * The highest cost of calls that ended without a step: the requests beyond the steps, and one of each turn that did not
 * end by itself, though its request may have been lost.
 */
function mostWithoutStep(view: ChatView): number {
  const turns = new Set(view.turns.map(({ id }) => id));
  const steps = view.all.records.steps.filter(({ turnId, kind }) => kind === 'model' && turns.has(turnId));
  const requests = requestsAbout(view, [...view.tokensOfTurn.values()].flat());
  const answered = requests.filter(({ answeredAt }) => answeredAt !== null);
  const beyondSteps = (all: readonly unknown[]) => Math.max(0, all.length - steps.length);
  const ended = view.turns.filter(({ state }) => state !== 'done').length;
  return BROKEN_OFF_TOKENS * (beyondSteps(requests) + ended) + DEAR * beyondSteps(answered);
}
