import type { ReplyClass } from '../../generated/prisma/client.js';

/** At most `limit` messages in any window of `periodMs`. */
interface FloodLimit {
  readonly limit: number;
  readonly periodMs: number;
}

export interface FloodLimits {
  readonly bot: readonly FloodLimit[];
  readonly chat: readonly FloodLimit[];
}

/** The recent messages of a bot or a chat. Times are milliseconds since 1970, by one clock. */
export interface Sent {
  /** Ascending. */
  readonly hits: readonly number[];
  /** The end of a pause that the channel asked for; 0: none. */
  readonly pausedUntil: number;
}

/** A bot also has two lines of waiting senders: the times of the last places in each, ascending. */
export interface BotSent extends Sent {
  readonly lines: Readonly<Record<ReplyClass, readonly number[]>>;
}

/** A sender's request. A draft yields to every other class. */
export interface Ask {
  readonly class: ReplyClass | 'draft';
  /** The gate gave the sender this time before. */
  readonly inLine: boolean;
}

export type GateDecision =
  | { readonly kind: 'pass'; readonly chat: Sent; readonly bot: BotSent }
  /** Ask again at `at`. */
  | { readonly kind: 'later'; readonly at: number; readonly bot: BotSent };

/**
 * A sender in the line that comes at most this early waits for the next place. One that comes earlier lines up again.
 */
const PATIENCE_MS = 500;
/** The tolerance for senders that come late. Background replies are scheduled behind it. */
const LATE_MS = 100;
/** Places that open at the same moment are spread over this part of the period. */
const SPREAD = 0.15;

/**
 * Decides whether a message may go out now, to this chat, from this bot. Pure.
 *
 * No window ever holds more messages than its limit allows, whoever asks when. Every message is remembered, so bursts
 * pass while there is room, and nothing waits while no limit is near. Only the bot, whose limit all chats share, has a
 * line: waiting senders get times one after another, so that they do not all come at once when the gate opens and new
 * senders do not overtake them. No place is reserved: a sender that does not come costs the others nothing.
 */
export function decideGate(
  chat: Sent,
  bot: BotSent,
  ask: Ask,
  limits: FloodLimits,
  now: number,
): GateDecision {
  if (ask.class === 'draft') return decideDraft(chat, bot, limits, now);
  const chatOpens = opensAt(chat, limits.chat, now);
  if (chatOpens > now) return { kind: 'later', at: chatOpens, bot };
  const botOpens = opensAt(bot, limits.bot, now);
  if (Math.max(botOpens, endOfLine(bot, ask)) <= now) return pass(chat, bot, limits, now);

  if (ask.inLine && botOpens > now && botOpens - now <= PATIENCE_MS)
    return { kind: 'later', at: botOpens, bot: withPlace(bot, ask.class, botOpens, limits.bot, now) };
  return lineUp(bot, ask.class, limits.bot, now);
}

/** Gives the sender the next free place in its line. */
function lineUp(bot: BotSent, own: ReplyClass, limits: readonly FloodLimit[], now: number): GateDecision {
  const { interactive, background } = bot.lines;
  const ahead = own === 'interactive' ? interactive : [...interactive, ...background];
  const before = ahead.filter((at) => at > now);
  const hits = [...bot.hits, ...before].toSorted((one, other) => one - other);
  const gap = Math.max(0, ...limits.map(({ limit, periodMs }) => (SPREAD * periodMs) / limit));
  const at = Math.max(
    opensAt({ hits, pausedUntil: bot.pausedUntil }, limits, now + 1),
    Math.max(0, ...before) + gap,
    own === 'background' ? endOf(interactive) + LATE_MS : 0,
  );
  return { kind: 'later', at, bot: withPlace(bot, own, at, limits, now) };
}

/** Keeps as many times as the next place can depend on. */
function withPlace(
  bot: BotSent,
  own: ReplyClass,
  at: number,
  limits: readonly FloodLimit[],
  now: number,
): BotSent {
  const most = Math.max(0, ...limits.map(({ limit }) => limit));
  const places = [...bot.lines[own].filter((other) => other > now), at].toSorted((one, other) => one - other);
  return { ...bot, lines: { ...bot.lines, [own]: places.slice(-most) } };
}

/** A draft needs room for a third of each limit behind it, and an empty line. It does not line up itself. */
function decideDraft(chat: Sent, bot: BotSent, limits: FloodLimits, now: number): GateDecision {
  const at = Math.max(
    opensAt(chat, limits.chat.map(withRoom), now),
    opensAt(bot, limits.bot.map(withRoom), now),
    endOf(bot.lines.interactive),
    endOf(bot.lines.background),
  );
  return at <= now ? pass(chat, bot, limits, now) : { kind: 'later', at, bot };
}

/** The time until which senders with earlier places go first. */
function endOfLine({ lines }: BotSent, ask: Ask): number {
  const interactive = endOf(lines.interactive);
  if (ask.class === 'interactive') return ask.inLine ? 0 : interactive;
  return Math.max(interactive + LATE_MS, ask.inLine ? 0 : endOf(lines.background));
}

function endOf(line: readonly number[]): number {
  return line.at(-1) ?? 0;
}

function withRoom({ limit, periodMs }: FloodLimit): FloodLimit {
  return { limit: Math.max(1, limit - Math.ceil(limit / 3)), periodMs };
}

/** The time at which all limits have room for one more message and no pause holds; `now` or later. */
function opensAt({ hits, pausedUntil }: Sent, limits: readonly FloodLimit[], now: number): number {
  return limits.reduce(
    (at, { limit, periodMs }) => {
      const blocking = hits[hits.length - limit];
      return blocking === undefined ? at : Math.max(at, blocking + periodMs);
    },
    Math.max(now, pausedUntil),
  );
}

function pass(chat: Sent, bot: BotSent, limits: FloodLimits, now: number): GateDecision {
  return {
    kind: 'pass',
    chat: { ...chat, hits: withHit(chat.hits, limits.chat, now) },
    bot: { ...bot, hits: withHit(bot.hits, limits.bot, now) },
  };
}

/** Keeps as many hits as the largest limit counts. */
function withHit(hits: readonly number[], limits: readonly FloodLimit[], now: number): readonly number[] {
  const oldest = now - Math.max(0, ...limits.map(({ periodMs }) => periodMs));
  const most = Math.max(0, ...limits.map(({ limit }) => limit));
  return most === 0 ? [] : [...hits.filter((hit) => hit > oldest), now].slice(-most);
}
