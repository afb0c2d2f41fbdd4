import { type ChatView, requestsAbout, violation, type Violation } from '../evidence.js';
import type { ReplyRecord } from '../records.js';
import { groupBy } from '../group-by.js';
import { tokensOf } from '../tokens.js';

/**
 * Each answer belongs to its question: a turn that the model ended has one reply that names exactly its messages, and
 * no other reply names them.
 */
export function judgeAnswers(view: ChatView): Violation[] {
  const { turns, replies, terms, tokensOfTurn, messageOf } = view;
  const ofTurn = groupBy(replies, ({ turnId }) => turnId ?? '');
  const wrong = turns.flatMap(({ id, state, errorCode }) => {
    const own = tokensOfTurn.get(id) ?? [];
    const named = (ofTurn.get(id) ?? []).flatMap(({ text }) => tokensOf(text)).map(messageOf);
    if (state !== 'done') return judgeUnfinished(view, id, named);
    if (errorCode !== null)
      return terms.endCodes.has(errorCode) ? [] : violation('lost', `turn ${id} ended with ${errorCode}`);
    return isAnswerTo(view, own, named)
      ? []
      : violation('lost', `turn ${id} of ${own.join(' ')} answered ${named.join(' ')}`);
  });
  return [...wrong, ...judgeUnanswered(view), ...judgeRepeats(view), ...judgeExtras(view)];
}

/**
 * Whether a turn of these messages names them, and no others. One that interrupted turns answers their messages as
 * well; in a chat that migrates, where turns of both ids are open when the conversations merge, each shows the model
 * the other's.
 */
function isAnswerTo(view: ChatView, own: readonly string[], named: readonly string[]): boolean {
  const { terms, turns, tokensOfTurn } = view;
  const others = turns
    .filter(({ state }) => terms.movesAt !== null || (terms.mode === 'interrupt' && state === 'cancelled'))
    .flatMap(({ id }) => tokensOfTurn.get(id) ?? []);
  const rest = named.filter((token) => !own.includes(token));
  const about = named.filter((token) => own.includes(token));
  // The partial answer of an interrupted turn is an answer to the model, which then names the later messages.
  const asked = terms.mode === 'interrupt' ? own.slice(own.length - about.length) : own;
  return (
    about.length > 0 === own.length > 0 &&
    about.join(' ') === asked.join(' ') &&
    rest.every((token) => others.includes(token))
  );
}

/** The partial answer of a stopped, interrupted or failed turn is about its own messages. */
function judgeUnfinished({ tokensOfTurn, terms, turns }: ChatView, id: string, named: readonly string[]) {
  const may =
    terms.mode === 'interrupt'
      ? turns.flatMap((turn) => tokensOfTurn.get(turn.id) ?? [])
      : (tokensOfTurn.get(id) ?? []);
  return named.every((token) => may.includes(token))
    ? []
    : violation('record', `turn ${id} was cut short and names ${named.join(' ')}`);
}

/**
 * In the mode `interrupt` each message was shown to the model by a turn that answered, or that failed with a notice.
 */
function judgeUnanswered(view: ChatView): Violation[] {
  const { terms, turns, tokensOfTurn } = view;
  if (terms.mode !== 'interrupt') return [];
  const ended = turns.filter(({ state }) => state === 'done' || state === 'failed');
  const own = ended.flatMap(({ id }) => tokensOfTurn.get(id) ?? []);
  const covered = new Set([...own, ...requestsAbout(view, own).flatMap(({ seen }) => seen)]);
  return [...tokensOfTurn.values()]
    .flat()
    .filter((token) => !covered.has(token) && !terms.erased.has(token))
    .flatMap((token) => violation('lost', `${token}: interrupted, and no answer covers it`));
}

function judgeRepeats({ terms, turns, replies }: ChatView): Violation[] {
  if (terms.movesAt !== null) return [];
  const whole = new Set(turns.filter(({ state }) => state === 'done').map(({ id }) => id));
  const counts = (reply: ReplyRecord) => terms.mode !== 'interrupt' || whole.has(reply.turnId ?? '');
  const tokens = groupBy(
    replies.filter(counts).flatMap(({ text }) => tokensOf(text)),
    (token) => token,
  );
  return [...tokens]
    .filter(([, times]) => times.length > 1)
    .flatMap(([token, times]) => violation('twice', `${token} is in ${times.length} replies`));
}

function judgeExtras({ chat, terms, replies }: ChatView): Violation[] {
  const { least, most } = terms.extraReplies;
  const extra = replies.filter(({ turnId }) => turnId === null);
  if (extra.length >= least && extra.length <= most) return [];
  const promise = extra.length < least ? 'lost' : 'twice';
  return violation(
    promise,
    `chat ${chat} has ${extra.length} replies of no turn, not ${least} to ${most}: ${extra.map(({ text }) => text.slice(0, 40)).join(' | ')}`,
  );
}
