import { type ChatView, requestsAbout, type Shown, violation, type Violation } from '../evidence.js';
import { groupBy } from '../group-by.js';
import type { ReplyRecord } from '../records.js';
import { isForgotten, type Strike, strikes, unexplained } from '../strikes.js';
import { leavesUnknown } from '../proxy-faults.js';
import type { TelegramCall } from '../telegram-proxy.js';
import { partsOf } from '../terms.js';
import { tokensOf } from '../tokens.js';

/** A fault may fall between a call's arrival and the record of its answer: this is the time of the record. */
const RECORDED_WITHIN_MS = 1_500;

/**
 * A send whose outcome the product may not know: the network or Telegram lost the answer, or a fault hit the process at
 * that time. A call that its caller aborts is not excused.
 */
function isTouched({ caller, arrivedAt, toldAt, fault }: TelegramCall, struck: readonly Strike[]): boolean {
  if (fault !== null && leavesUnknown(fault)) return true;
  const until = (toldAt ?? arrivedAt) + RECORDED_WITHIN_MS;
  return struck.some((one) => strikes(one, caller, arrivedAt - RECORDED_WITHIN_MS, until));
}

/** Of several replies that share one message, the newest counts: they edit it one after another. */
function newestByMessage(replies: readonly ReplyRecord[]): Map<number, ReplyRecord> {
  return new Map(
    replies.flatMap((reply) =>
      reply.channelMessageId === null ? [] : [[reply.channelMessageId, reply] as const],
    ),
  );
}

/** All promises about the messages that a chat shows. */
export function judgeDeliveries(view: ChatView): Violation[] {
  return [
    ...judgeStates(view),
    ...judgeTexts(view),
    ...judgeStrangers(view),
    ...judgeOrder(view),
    ...judgeUncertain(view),
  ];
}

/** Every reply is settled, and one that is `uncertain` and was given up is a dead letter. */
function judgeStates({ replies, all }: ChatView): Violation[] {
  return replies.flatMap((reply) => {
    const { id, state, channelMessageId } = reply;
    if (state !== 'sent' && state !== 'uncertain') return violation('record', `reply ${id} is ${state}`);
    const letters = all.records.deadLetters.filter(
      ({ kind, subjectId }) => kind === 'reply' && subjectId === id,
    );
    const wrong = letters.filter(({ reason }) => reason !== 'SEND_OUTCOME_UNKNOWN' || state !== 'uncertain');
    if (wrong.length > 0)
      return violation('dead', `reply ${id}: ${wrong.map(({ reason }) => reason).join()}`);
    const givenUp = channelMessageId === null && letters.length === 0;
    return givenUp ? violation('lost', `reply ${id} is ${state}, in no message, and no dead letter`) : [];
  });
}

/** **stale**: a message that the product knows has its reply's text in the end. */
function judgeTexts({ replies, shown }: ChatView): Violation[] {
  const messages = new Map(shown.map((message) => [message.messageId, message]));
  return [...newestByMessage(replies)].flatMap(([messageId, { id, text }]) => {
    const message = messages.get(messageId);
    if (!message)
      return violation('lost', `reply ${id} is in message ${messageId}, which nobody sees: ${text}`);
    return message.text === text
      ? []
      : violation('stale', `message ${messageId} says ${message.text}; reply ${id}: ${text}`);
  });
}

/**
 * **twice**: a message unknown to the product exists only if a send's outcome was unknown to it: a reply's other copy,
 * at most one for each uncertain reply, or a draft.
 */
function judgeStrangers(view: ChatView): Violation[] {
  const { chat, replies, shown, sends, all } = view;
  const known = newestByMessage(replies);
  const strangers = shown.filter((message) => !known.has(message.messageId) && !isLeft(view, message));
  const maker = new Map(sends.map((call) => [call.messageId, call]));
  const plain = strangers.filter(({ messageId }) => {
    const call = maker.get(messageId);
    return !call || !isTouched(call, all.strikes);
  });
  const copies = groupBy(strangers.filter(isCopyOf(replies)), ({ text }) => text);
  const tooMany = [...copies].filter(([text, times]) => times.length > allowedCopies(replies, text));
  return [
    ...plain.flatMap(({ text, place, messageId }) => {
      const at = maker.get(messageId)?.arrivedAt ?? 0;
      const where = `message ${messageId} of ${place}, sent at ${new Date(at).toISOString()}`;
      return violation('twice', `nothing excuses ${where}: ${text}`);
    }),
    ...tooMany.flatMap(([text, times]) =>
      violation('twice', `chat ${chat} shows ${times.length} times more: ${text}`),
    ),
  ];
}

/**
 * Messages shown before the conversation was erased, or under the chat's former id, do not count; nor do those of a
 * lost database.
 */
function isLeft({ chat, terms, sends, all }: ChatView, { place, messageId }: Shown): boolean {
  const erasedAt = all.erasedAt.get(chat);
  const made = sends.find((call) => call.messageId === messageId);
  if (made && isForgotten(all.strikes, made.arrivedAt)) return true;
  if (erasedAt !== undefined && made) return made.arrivedAt <= erasedAt + RECORDED_WITHIN_MS;
  return terms.movesAt !== null && place === chat;
}

const isCopyOf = (replies: readonly ReplyRecord[]) => {
  const texts = new Set(replies.map(({ text }) => text));
  return ({ text }: Shown) => texts.has(text);
};

/** One for each uncertain reply; two for one that is in no known message. */
const allowedCopies = (replies: readonly ReplyRecord[], text: string): number =>
  replies
    .filter((reply) => reply.text === text && reply.state === 'uncertain')
    .reduce((sum, { channelMessageId }) => sum + (channelMessageId === null ? 2 : 1), 0);

/** **order**: the messages that the product knows are in the order of their questions. */
function judgeOrder({ chat, sent, replies, shown, terms }: ChatView): Violation[] {
  if (terms.mayPark) return [];
  const known = newestByMessage(replies);
  const tokens = shown
    .filter(({ messageId }) => known.has(messageId))
    .toSorted((one, other) => one.messageId - other.messageId)
    .flatMap(({ text }) => tokensOf(text))
    .map((token) => terms.edits.get(token) ?? token);
  const accepted = sent.map(({ token }) => token);
  return partsOf(terms, accepted, [...new Set(tokens)]).flatMap((first) => {
    const expected = accepted.filter((token) => first.includes(token));
    return first.join(' ') === expected.join(' ')
      ? []
      : violation('order', `chat ${chat} shows ${first.join(' ')}`);
  });
}

type Cause = { readonly call: TelegramCall } | { readonly strike: Strike };

/**
 * **uncertain**: each unknown outcome has a cause of its own in this chat: a disturbed send, of its text or of a draft,
 * or a fault that may have prevented a send.
 */
function judgeUncertain(view: ChatView): Violation[] {
  const { replies, sends, all } = view;
  const outcomes = replies
    .filter(({ state }) => state === 'uncertain')
    .flatMap((reply) => (reply.channelMessageId === null ? [reply, reply] : [reply]))
    .map((reply) => ({ reply, ...spanOf(view, reply) }));
  const causes: Cause[] = [
    ...sends.filter((call) => isTouched(call, all.strikes)).map((call) => ({ call })),
    ...all.strikes
      .filter(({ caller }) => caller === null || sendsReplies(caller))
      .map((strike) => ({ strike })),
  ];
  const texts = new Set(replies.map(({ text }) => text));
  return unexplained(outcomes, causes, ({ reply, since, to }, cause) => {
    if ('strike' in cause) return cause.strike.from <= to && cause.strike.until >= since;
    return cause.call.text === reply.text || !texts.has(cause.call.text);
  }).flatMap(({ reply }) =>
    violation('uncertain', `reply ${reply.id} is uncertain for no reason: ${reply.text}`),
  );
}

/** By the name of a process: receivers send nothing. */
const sendsReplies = (caller: string): boolean => !caller.startsWith('web');

/** When a send of this reply, or a draft of its turn, may have been imminent. */
function spanOf(view: ChatView, { text, turnId, channelMessageId }: ReplyRecord) {
  const requests = requestsAbout(view, view.tokensOfTurn.get(turnId ?? '') ?? []);
  const since = Math.min(...requests.map(({ arrivedAt }) => arrivedAt));
  const sends = view.sends.filter((call) => call.text === text).map(({ arrivedAt }) => arrivedAt);
  return {
    since: requests.length > 0 ? since : Number.NEGATIVE_INFINITY,
    to: channelMessageId === null || sends.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...sends),
  };
}
