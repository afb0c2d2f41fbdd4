import { AsyncLocalStorage } from 'node:async_hooks';

/** An error that came up where nobody catches it: in a timer, an event without a listener, a promise not awaited. */
export class StrayError extends Error {
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = StrayError.name;
  }
}

/** Work whose stray errors are its own failure, and nobody else's. */
export interface ErrorOwner {
  /** For the log. */
  readonly name: string;
  /** Fails the work; changes nothing where it is over. */
  fail(error: StrayError): void;
}

const owners = new AsyncLocalStorage<ErrorOwner>();

/** Does the work, and lets the owner have the stray errors of whatever the work starts: timers, sockets, promises. */
export function withOwner<T>(owner: ErrorOwner, work: () => T): T {
  return owners.run(owner, work);
}

/** Whose stray error it is that the process is told of just now. */
export function ownerOfStrayError(): ErrorOwner | undefined {
  return owners.getStore();
}
