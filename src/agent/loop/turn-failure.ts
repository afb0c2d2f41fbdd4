import type { ErrorTexts } from '../../platform/errors/error-text.js';
import { GiveUpError, RetryLaterError, type TurnpikeError } from '../../platform/errors/errors.js';
import type { Turn } from '../../generated/prisma/client.js';
import { backoffMs } from '../../platform/runtime/backoff.js';
import { ContextOverflowError } from '../llm/model-error.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import type { TurnFailure } from '../turns/turn-completion.repository.js';

/** Tries of a turn whose model or database fails for the moment. */
export const MAX_ATTEMPTS = 5;
/** Runs that ended without a result (a killed process): with more, the turn is given up, even if none was isolated. */
export const MAX_TAKEOVERS = 20;
/** A longer pause that a model asks for is not waited for: the chat would stand still. */
export const MAX_PAUSE_MS = 10 * 60_000;
const RETRY = { baseMs: 1_000, maxMs: 60_000 };

/** The turn's whole time is used up. */
export class TurnTimeoutError extends GiveUpError {
  constructor(timeoutMs: number) {
    super(
      'TURN_TIMEOUT',
      `no answer within ${timeoutMs} ms`,
      'raise AGENT_TURN_TIMEOUT_MS or choose a faster model',
    );
  }
}

/** The turn took its process down again and again. */
export class TurnPoisonError extends GiveUpError {
  constructor(runs: number) {
    super('TURN_POISON', `the processes of ${runs} runs of this turn ended in the middle of them`);
  }
}

/** Each run of the turn failed by the database, for about an hour. */
export class TurnOutagesError extends GiveUpError {
  constructor(last: string) {
    super('TURN_OUTAGES', `the database failed in all runs of this turn, the last time: ${last}`);
  }
}

export type FailureDecision =
  | { readonly kind: 'again'; readonly delayMs: number; readonly failure: TurnFailure }
  | { readonly kind: 'give-up'; readonly failure: TurnFailure };

/** Decides what follows a failed try of a turn. Pure; `random` is in [0, 1), `i18n` is in the user's language. */
export function decideAfterFailure(
  error: TurnpikeError,
  turn: Pick<Turn, 'attempts'>,
  random: number,
  i18n: I18n,
  words: ErrorTexts,
): FailureDecision {
  const failure = { code: error.code, error: words.storable(error), text: apologyFor(error, i18n) };
  const attempts = turn.attempts + 1;
  if (error instanceof GiveUpError || attempts >= MAX_ATTEMPTS) return { kind: 'give-up', failure };
  const asked = error instanceof RetryLaterError ? (error.retryAfterMs ?? 0) : 0;
  if (asked > MAX_PAUSE_MS) return { kind: 'give-up', failure };
  return { kind: 'again', delayMs: Math.max(asked, backoffMs(attempts, RETRY, random)), failure };
}

function apologyFor(error: TurnpikeError, i18n: I18n): string {
  if (error instanceof TurnTimeoutError) return i18n.timedOut;
  if (error instanceof ContextOverflowError) return i18n.tooLong;
  return error.code === 'MODEL_400' ? i18n.modelRefusedRequest : i18n.failed;
}
