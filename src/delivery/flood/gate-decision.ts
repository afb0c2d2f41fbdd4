import type { ReplyClass } from '../../generated/prisma/client.js';

/** At most `limit` messages in any window of `periodMs`. */
export interface FloodLimit {
  readonly limit: number;
  readonly periodMs: number;
}

export interface FloodLimits {
  readonly bot: readonly FloodLimit[];
  readonly chat: readonly FloodLimit[];
}

/** What a bot or a chat was sent of late. Times are milliseconds since 1970, of one clock. */
export interface Sent {
  /** Ascending. */
  readonly hits: readonly number[];
  /** The channel asked for a pause until then; 0: it did not. */
  readonly pausedUntil: number;
}

/** A bot also has two lines of those that were told to come later: when the last ones of each shall come, ascending. */
export interface BotSent extends Sent {
  readonly lines: Readonly<Record<ReplyClass, readonly number[]>>;
}

/** Who wants to send. A draft gives way to everything. */
export interface Ask {
  readonly class: ReplyClass | 'draft';
  /** It was told to come now. */
  readonly inLine: boolean;
}

export type GateDecision =
  | { readonly kind: 'pass'; readonly chat: Sent; readonly bot: BotSent }
  /** Not before `at`. */
  | { readonly kind: 'later'; readonly at: number; readonly bot: BotSent };

/** Who comes from the line a little too early waits for the next place; who comes earlier stands in line again. */
const PATIENCE_MS = 500;
/** Who was told a time may be that late, for whom nobody waits comes behind him all the same. */
const LATE_MS = 100;
/** Where places become free all at once, they are taken one after another within this part of the period. */
const SPREAD = 0.15;

/**
 * Decides whether a message may go out now, to this chat, from this bot. Pure.
 *
 * No window of a limit ever holds more than the limit allows, whoever asks when: what was sent is remembered message by
 * message, so that bursts pass as long as there is room, and nobody waits where no limit is near. Only for the bot, whose
 * limit all chats share, is there a line: those that have to wait are told times one after another, so that they do not
 * all come at once when the gate opens, and newcomers do not overtake them. Nothing is kept free for those in line: one
 * that does not come costs nobody a place.
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
    return { kind: 'later', at: botOpens, bot: withTold(bot, ask.class, botOpens, limits.bot, now) };
  return lineUp(bot, ask.class, limits.bot, now);
}

/** Tells the time of the next place that is not told to anybody who goes before. */
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
  return { kind: 'later', at, bot: withTold(bot, own, at, limits, now) };
}

/** As many as the next place can depend on. */
function withTold(
  bot: BotSent,
  own: ReplyClass,
  at: number,
  limits: readonly FloodLimit[],
  now: number,
): BotSent {
  const most = Math.max(0, ...limits.map(({ limit }) => limit));
  const told = [...bot.lines[own].filter((other) => other > now), at].toSorted((one, other) => one - other);
  return { ...bot, lines: { ...bot.lines, [own]: told.slice(-most) } };
}

/** A draft needs room for a third of each limit behind it, and nobody in line. It does not stand in line itself. */
function decideDraft(chat: Sent, bot: BotSent, limits: FloodLimits, now: number): GateDecision {
  const at = Math.max(
    opensAt(chat, limits.chat.map(withRoom), now),
    opensAt(bot, limits.bot.map(withRoom), now),
    endOf(bot.lines.interactive),
    endOf(bot.lines.background),
  );
  return at <= now ? pass(chat, bot, limits, now) : { kind: 'later', at, bot };
}

/** Until when those go first that were told to come before. */
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

/** When all limits have room for one more, and no pause holds; `now` or later. */
export function opensAt({ hits, pausedUntil }: Sent, limits: readonly FloodLimit[], now: number): number {
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

/** As much as any limit has to remember, never more. */
function withHit(hits: readonly number[], limits: readonly FloodLimit[], now: number): readonly number[] {
  const oldest = now - Math.max(0, ...limits.map(({ periodMs }) => periodMs));
  const most = Math.max(0, ...limits.map(({ limit }) => limit));
  return most === 0 ? [] : [...hits.filter((hit) => hit > oldest), now].slice(-most);
}
