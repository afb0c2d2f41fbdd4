import type { ErrorTexts } from '../../errors/error-text.js';
import { GiveUpError, RetryLaterError, type TurnpikeError } from '../../errors/errors.js';
import type { Turn } from '../../generated/prisma/client.js';
import { backoffMs } from '../../runtime/backoff.js';
import { ContextOverflowError } from '../model/model-error.js';
import type { Texts } from '../../texts/texts.js';
import type { TurnFailure } from './turn-endings.repository.js';

/** Tries of a turn whose model or database fails for the moment. */
export const MAX_ATTEMPTS = 5;
/** Runs that ended without a word (a killed process): past it the turn is given up, though none of it was isolated. */
export const MAX_TAKEOVERS = 20;
/** A model that asks for a longer pause than this is not waited for: the chat would stand still. */
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

/** Each run of the turn met the database's trouble, for about an hour. */
export class TurnOutagesError extends GiveUpError {
  constructor(last: string) {
    super('TURN_OUTAGES', `the database failed in all runs of this turn, the last time: ${last}`);
  }
}

export type FailureDecision =
  | { readonly kind: 'again'; readonly delayMs: number; readonly failure: TurnFailure }
  | { readonly kind: 'give-up'; readonly failure: TurnFailure };

/** Decides what follows a failed try of a turn. Pure; `random` is in [0, 1), `texts` the user's language, `words` those to be stored. */
export function afterFailure(
  error: TurnpikeError,
  turn: Pick<Turn, 'attempts'>,
  random: number,
  texts: Texts,
  words: ErrorTexts,
): FailureDecision {
  const failure = { code: error.code, error: words.storable(error), text: apologyFor(error, texts) };
  const attempts = turn.attempts + 1;
  if (error instanceof GiveUpError || attempts >= MAX_ATTEMPTS) return { kind: 'give-up', failure };
  const asked = error instanceof RetryLaterError ? (error.retryAfterMs ?? 0) : 0;
  if (asked > MAX_PAUSE_MS) return { kind: 'give-up', failure };
  return { kind: 'again', delayMs: Math.max(asked, backoffMs(attempts, RETRY, random)), failure };
}

function apologyFor(error: TurnpikeError, texts: Texts): string {
  if (error instanceof TurnTimeoutError) return texts.timedOut;
  if (error instanceof ContextOverflowError) return texts.tooLong;
  return error.code === 'MODEL_400' ? texts.modelRefusedRequest : texts.failed;
}
