import { type ChatView, violation, type Violation } from '../evidence.js';
import { strikes } from '../strikes.js';
import { tokensOf } from '../tokens.js';
import { type Action, type Feature, named, range, say, tokensIn } from './feature.js';

/** A running turn notices it this late. */
const KNOWN_WITHIN_MS = 1_500;

/**
 * An operator erases the conversation while it is in use. Then nothing from before is left, sent or requested any more,
 * and later messages are answered in a new conversation.
 */
export const erasure: Feature = {
  name: 'erasure',
  sign: 1,
  script: (hand) =>
    range(hand.messages).flatMap((n): Action[] =>
      n === 3
        ? [
            { kind: 'erase' as const, pauseMs: hand.random.int(0, 500) },
            { ...say(hand, n), again: null },
          ]
        : [{ ...say(hand, n), again: n < 3 && hand.random.chance(0.5) ? ('later' as const) : null }],
    ),
  terms: (actions) => {
    const at = actions.findIndex(({ kind }) => kind === 'erase');
    return named('erasure', { erased: new Set(tokensIn(actions.slice(0, at))) });
  },
  judge: judgeErased,
};

function judgeErased({ chat, terms, sends, all }: ChatView): Violation[] {
  const erasedAt = all.erasedAt.get(chat);
  if (erasedAt === undefined) return violation('lost', `chat ${chat} was not erased`);
  const isErased = (token: string) => terms.erased.has(token);
  const knows = (caller: string, at: number) =>
    at > erasedAt + KNOWN_WITHIN_MS &&
    !all.strikes.some((strike) => strikes(strike, caller, erasedAt - KNOWN_WITHIN_MS, at));
  const asked = all.requests.filter(
    ({ seen, caller, arrivedAt }) => seen.some(isErased) && knows(caller, arrivedAt),
  );
  const said = sends.filter(
    ({ text, caller, arrivedAt }) => tokensOf(text).some(isErased) && knows(caller, arrivedAt),
  );
  const traces = all.records.traces.filter(({ token }) => isErased(token));
  return [
    ...traces.flatMap(({ table, token }) => violation('record', `${token} was erased, and is in ${table}`)),
    ...asked.flatMap(({ seen }) => violation('record', `erased, and asked about: ${seen.join(' ')}`)),
    ...said.flatMap(({ text }) => violation('record', `erased, and said: ${text}`)),
  ];
}
