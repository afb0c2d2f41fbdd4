import type { SendOutcome } from '../channel/channel.js';
import { backoffMs } from '../runtime/backoff.js';

/** A reply is given up when Telegram has been out of reach for as long as Telegram itself would keep an update. */
export const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** Although it is that old: an old reply that an operator replays is tried for some minutes. */
export const LEAST_ATTEMPTS = 8;
/** Tries that may find the chat moved. */
const MOST_MOVES = 5;
const RETRY = { baseMs: 1_000, maxMs: 60_000 };

/** What a try to send leads to. */
export type SendDecision =
  | { readonly kind: 'sent'; readonly channelMessageId: bigint }
  /** Certainly not sent: again after a pause. */
  | {
      readonly kind: 'again';
      readonly delayMs: number;
      readonly error: string;
      readonly countsAsTry: boolean;
    }
  /** The draft it was to take over is gone: to be sent as a new message. */
  | { readonly kind: 'anew'; readonly error: string }
  /** Perhaps sent: once more, and marked. */
  | { readonly kind: 'once-more'; readonly delayMs: number; readonly error: string }
  /** Its chat goes on under another id: to be sent there. */
  | { readonly kind: 'moved'; readonly toChatId: bigint; readonly error: string }
  | {
      readonly kind: 'give-up';
      readonly code: string;
      readonly error: string;
      readonly uncertain: boolean;
      /** Whatever else is sent to this chat will fail too, until its user says otherwise. */
      readonly unreachable: boolean;
    };

export interface Tries {
  readonly attempts: number;
  readonly unknownSends: number;
  /** Since the reply was committed. */
  readonly ageMs: number;
}

/** Decides what follows a try. Pure; `random` is in [0, 1). */
export function decide(outcome: SendOutcome, tries: Tries, random: number): SendDecision {
  switch (outcome.kind) {
    case 'sent':
      return { kind: 'sent', channelMessageId: outcome.channelMessageId };
    case 'moved':
      // A chat that moves on and on is none that can be found.
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

/** Decides what follows a try to put a reply into its draft: it may be repeated whatever became of the last one. Pure. */
export function decideEdit(outcome: SendOutcome, tries: Tries, random: number): SendDecision {
  if (outcome.kind === 'unknown') return decide({ ...outcome, kind: 'unavailable' }, tries, random);
  if (outcome.kind === 'refused' && outcome.code === 'MESSAGE_GONE')
    return { kind: 'anew', error: outcome.error };
  return decide(outcome, tries, random);
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
