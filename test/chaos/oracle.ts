import { type ChatView, chatViews, type Evidence, type Violation } from './evidence.js';
import { judgeAnswers } from './judge/answers.js';
import { judgeDeadTurns } from './judge/dead-turns.js';
import { judgeDeliveries } from './judge/deliveries.js';
import { judgeEvents, judgeHistory, judgeStrays } from './judge/inbox.js';
import { judgeSteps } from './judge/steps.js';

export interface Figures {
  readonly messages: number;
  readonly turns: number;
  readonly deadTurns: number;
  /** Replies recorded `uncertain`, and the number of additional messages shown, or replies not shown. */
  readonly uncertain: number;
  readonly extras: number;
  readonly unsaid: number;
  /** Complete model answers that were lost to a fault before they became a step. */
  readonly askedAgain: number;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/**
 * Judges a round by the promises. Pure. Every exception has a cause in the round, and no cause excuses two faults of a
 * chat:
 *
 * - **lost**: each accepted message is in one turn that is done, or in one that failed and has one dead letter; a turn
 *   that is done has answered its messages, and no others.
 * - **order**: a chat's history, and the answers it shows, are in the order of acceptance.
 * - **repeated**: a call is finished when its step is committed. Later only a process that could not know requests it
 *   again; before, once more for each fault between an answer and its commit.
 * - **twice**, **stale**: a chat shows each reply once, with its last text. Additional messages come from a send whose
 *   outcome the product could not know.
 * - **uncertain**: an outcome is recorded as unknown if it was: one send that a fault hit for each.
 * - **dead**: work that is given up failed as often as that takes, by faults that hit it.
 * - **record**: the records do not contradict each other.
 */
export function judge(evidence: Evidence): Verdict {
  const views = chatViews(evidence);
  const judges: readonly ((view: ChatView) => Violation[])[] = [
    judgeEvents,
    judgeHistory,
    judgeAnswers,
    judgeDeliveries,
    judgeSteps,
    judgeDeadTurns,
  ];
  const violations = views.flatMap((view) =>
    judges
      .flatMap((each) => each(view))
      .map(({ promise, what }) => ({ promise, what: `(${view.terms.feature}) ${what}` })),
  );
  return { violations: [...violations, ...judgeStrays(evidence)], figures: figuresOf(evidence) };
}

function figuresOf({ sent, records, shown, requests }: Evidence): Figures {
  const known = new Set(records.replies.map(({ channelMessageId }) => channelMessageId));
  const uncertain = records.replies.filter(({ state }) => state === 'uncertain');
  const said = new Set(shown.map(({ chat, text }) => `${chat} ${text}`));
  return {
    messages: sent.length,
    turns: records.turns.length,
    deadTurns: records.turns.filter(({ state }) => state === 'failed').length,
    uncertain: uncertain.length,
    extras: shown.filter(({ messageId }) => !known.has(messageId)).length,
    unsaid: uncertain.filter(({ chat, text }) => !said.has(`${chat} ${text}`)).length,
    askedAgain:
      requests.filter(({ answeredAt }) => answeredAt !== null).length -
      records.steps.filter(({ kind }) => kind === 'model').length,
  };
}
