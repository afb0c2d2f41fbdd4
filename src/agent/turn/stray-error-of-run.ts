import { RetryLaterError } from '../../errors/errors.js';
import type { ErrorOwner, StrayError } from '../../runtime/stray-errors.js';

/** A run's own stray errors: besides those of its tools' calls, which these have. The run fails by the first of them. */
export class StrayErrorOfRun implements ErrorOwner {
  readonly name = 'turn';
  private readonly failed = new AbortController();

  get signal(): AbortSignal {
    return this.failed.signal;
  }

  fail(error: StrayError): void {
    this.failed.abort(new RetryLaterError('TURN_BROKEN', error.message, null, null, { cause: error.cause }));
  }
}
