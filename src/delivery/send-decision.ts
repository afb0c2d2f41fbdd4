import type { ChannelMessageId, ChatId } from '../channel/ids.js';
import type { SendOutcome } from '../channel/channel.js';
import { backoffMs } from '../platform/runtime/backoff.js';

/** A reply is given up when Telegram has been unreachable for as long as Telegram itself would keep an update. */
export const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** The exception to that age: a reply that an operator replays is tried for some minutes, however old it is. */
export const LEAST_ATTEMPTS = 8;
/** Tries that may end in a chat migration. */
const MOST_MOVES = 5;
const RETRY = { baseMs: 1_000, maxMs: 60_000 };

/** The outcome of a try to send. */
export type SendDecision =
  | { readonly kind: 'sent'; readonly channelMessageId: ChannelMessageId }
  /** Certainly not sent: try again after a pause. */
  | {
      readonly kind: 'again';
      readonly delayMs: number;
      readonly error: string;
      readonly countsAsTry: boolean;
    }
  /** The draft that it was to edit is gone: send it as a new message. */
  | { readonly kind: 'anew'; readonly error: string }
  /** Perhaps sent: try once more, and mark it. */
  | { readonly kind: 'once-more'; readonly delayMs: number; readonly error: string }
  /** The chat has a new id: send it there. */
  | { readonly kind: 'moved'; readonly toChatId: ChatId; readonly error: string }
  | {
      readonly kind: 'give-up';
      readonly code: string;
      readonly error: string;
      readonly uncertain: boolean;
      /** Every other send to this chat will fail too, until its user unblocks the bot. */
      readonly unreachable: boolean;
    };

export interface Tries {
  readonly attempts: number;
  readonly unknownSends: number;
  /** Time since the reply's commit. */
  readonly ageMs: number;
}

/** Decides what follows a try to send. Pure; `random` is in [0, 1). */
export function decideSend(outcome: SendOutcome, tries: Tries, random: number): SendDecision {
  switch (outcome.kind) {
    case 'sent':
      return { kind: 'sent', channelMessageId: outcome.channelMessageId };
    case 'moved':
      // A chat that migrates this often counts as not found.
      if (tries.attempts > MOST_MOVES) return giveUp('CHAT_MIGRATED', outcome.error, tries);
      return { kind: 'moved', toChatId: outcome.toChatId, error: outcome.error };
    case 'limited':
      return { kind: 'again', delayMs: outcome.retryAfterMs, error: outcome.error, countsAsTry: false };
    case 'unavailable':
      if (tries.ageMs > GIVE_UP_AFTER_MS && tries.attempts >= LEAST_ATTEMPTS)
        return giveUp('CHANNEL_UNAVAILABLE', outcome.error, tries);
      return {
        kind: 'again',
        delayMs: pauseAfter(outcome, tries.attempts, random),
        error: outcome.error,
        countsAsTry: true,
      };
    case 'unknown':
      if (tries.unknownSends > 0)
        return { ...giveUp('SEND_OUTCOME_UNKNOWN', outcome.error, tries), uncertain: true };
      return { kind: 'once-more', delayMs: pauseAfter(outcome, 1, random), error: outcome.error };
    case 'refused':
      return giveUp(outcome.code, outcome.error, tries);
  }
}

/**
 * Decides what follows a try to edit the draft into the reply. An edit may be repeated whatever its last outcome was.
 * Pure.
 */
export function decideEdit(outcome: SendOutcome, tries: Tries, random: number): SendDecision {
  if (outcome.kind === 'unknown') return decideSend({ ...outcome, kind: 'unavailable' }, tries, random);
  if (outcome.kind === 'refused' && outcome.code === 'MESSAGE_GONE')
    return { kind: 'anew', error: outcome.error };
  return decideSend(outcome, tries, random);
}

function pauseAfter({ retryAfterMs = 0 }: { retryAfterMs?: number }, tries: number, random: number): number {
  return Math.max(retryAfterMs, backoffMs(tries, RETRY, random));
}

/** Refusals that are about the chat, not the message. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'BOT_BLOCKED',
  'BOT_KICKED',
  'BOT_NOT_MEMBER',
  'BOT_NOT_STARTED',
  'CHAT_NOT_FOUND',
  'USER_DEACTIVATED',
]);

function giveUp(code: string, error: string, tries: Tries): SendDecision & { kind: 'give-up' } {
  const unreachable = unreachableCodes.has(code);
  return { kind: 'give-up', code, error, uncertain: tries.unknownSends > 0, unreachable };
}
