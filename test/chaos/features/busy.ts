import { type ChatView, requestsAbout, violation, type Violation } from '../evidence.js';
import type { Terms } from '../terms.js';
import { command, type Feature, named, nothingMore, range, say } from './feature.js';

/** Messages without a pause of this length are one question; the setting of the cluster. */
export const COLLECT_QUIET_MS = 700;

function busy(mode: Terms['mode'], judge: Feature['judge']): Feature {
  return {
    name: mode,
    sign: 1,
    script: (hand) => [
      command(`/mode ${mode}`),
      ...range(hand.messages).map((n) => say(hand, n, hand.random.chance(0.5) ? 'use:time slow:400' : '')),
    ],
    terms: () => named(mode, { mode, extraReplies: { least: 1, most: 1 } }),
    judge,
  };
}

/** A message that comes meanwhile joins the running turn. */
export const steer = busy('steer', nothingMore);

/** A message that comes meanwhile cancels the running turn, and one turn answers both: `judgeAnswers` checks that. */
export const interrupt = busy('interrupt', nothingMore);

/** Messages written without a pause are answered by one turn. */
export const collect = busy('collect', judgeCollected);

function judgeCollected(view: ChatView): Violation[] {
  const { sent, all, tokensOfTurn } = view;
  const turnOf = new Map(
    [...tokensOfTurn].flatMap(([id, tokens]) => tokens.map((token) => [token, id] as const)),
  );
  return sent.flatMap(({ token, sentAt }, index) => {
    const next = sent[index + 1];
    // They were stored between these two moments.
    if (!next || next.acceptedAt - sentAt > COLLECT_QUIET_MS / 2) return [];
    // A fault of the database, or of the receiver, may have come between them, or kept them from being claimed
    // together.
    const since = sentAt - 4_000;
    const asked = Math.min(...requestsAbout(view, [token]).map(({ arrivedAt }) => arrivedAt));
    if (all.strikes.some(({ from, until }) => from <= asked && until >= since)) return [];
    // The rate limit separates them too.
    if (turnOf.get(token) === turnOf.get(next.token) || index >= 4) return [];
    return violation('record', `${token} and ${next.token} were written without a pause, and answered apart`);
  });
}
