import { AsyncLocalStorage } from 'node:async_hooks';
import { errorOf } from './errors.js';

/** An uncaught error: in a timer, an event without a listener, a promise not awaited. */
export class StrayError extends Error {
  override readonly cause: Error;

  constructor(thrown: unknown) {
    const cause = errorOf(thrown);
    super(cause.message, { cause });
    this.cause = cause;
    this.name = StrayError.name;
  }
}

/** The owner of work: its stray errors fail this work alone. */
export interface ErrorOwner {
  /** For the log. */
  readonly name: string;
  /** Fails the work; changes nothing if it is over. */
  fail(error: StrayError): void;
}

const owners = new AsyncLocalStorage<ErrorOwner>();

/** Runs the work; the owner gets the stray errors of everything that the work starts: timers, sockets, promises. */
export function withOwner<T>(owner: ErrorOwner, work: () => T): T {
  return owners.run(owner, work);
}

/** The owner of the stray error that Node.js is reporting now. */
export function ownerOfStrayError(): ErrorOwner | undefined {
  return owners.getStore();
}
