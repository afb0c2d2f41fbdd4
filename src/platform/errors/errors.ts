/**
 * The base of our failures: the class says what the caller should do. `code` is stable and goes to logs, records and
 * the admin API; `hint` tells an operator what to do about it.
 */
export abstract class TurnpikeError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** It may work later: try again after a pause. */
export class RetryLaterError extends TurnpikeError {
  constructor(
    code: string,
    message: string,
    /** The pause that the other side asked for; null leaves it to the backoff. */
    readonly retryAfterMs: number | null = null,
    hint: string | null = null,
    options?: ErrorOptions,
  ) {
    super(code, message, hint, options);
  }
}

/** It will never work: dead letter. */
export class GiveUpError extends TurnpikeError {}

/** Another process took over: stop at once and record nothing. */
export class LeaseLostError extends TurnpikeError {
  constructor(subject: string) {
    super('LEASE_LOST', `${subject}: another worker took over`);
  }
}

/** The message of anything thrown. No getter, proxy or odd `toString` of it throws again. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something was thrown that has no words';
  }
}

/** Anything thrown, as an error whose properties can be read: an odd one is replaced by one with its message. */
export function errorOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown;
  } catch {
    // Even that check throws.
  }
  return new Error(messageOf(thrown));
}
