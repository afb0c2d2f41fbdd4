/**
 * Every failure of ours says, by its class, what the caller should do. `code` is stable and goes to logs, records and
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
    /** What the other side asked for; null leaves it to the backoff. */
    readonly retryAfterMs: number | null = null,
    hint: string | null = null,
    options?: ErrorOptions,
  ) {
    super(code, message, hint, options);
  }
}

/** It will not work, however often it is tried: dead letter. */
export class GiveUpError extends TurnpikeError {}

/** Somebody else took over: stop at once and record nothing. */
export class LeaseLostError extends TurnpikeError {
  constructor(subject: string) {
    super('LEASE_LOST', `${subject}: another worker took over`);
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
