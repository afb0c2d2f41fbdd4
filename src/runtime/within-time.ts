import { createContext, Script } from 'node:vm';

/** Of all work that is bounded: a new one each time would cost a millisecond. */
const context = createContext({ work: undefined });
const script = new Script('work()');

/** What `withinTime` says of work that was not done in time. */
export class OutOfTimeError extends Error {
  constructor(readonly milliseconds: number) {
    super(`not done within ${milliseconds} ms`);
  }
}

/**
 * Does work that holds up everybody else while it runs, and breaks it off when its time is over. For work whose effort
 * somebody else decides, and which leaves nothing half done behind.
 * @param work must not wait for anything, or call this
 * @throws OutOfTimeError, or what the work throws
 */
export function withinTime<T>(milliseconds: number, work: () => T): T {
  let done: { readonly value: T } | undefined;
  context['work'] = () => {
    done = { value: work() };
  };
  try {
    script.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    if (isTimeout(error)) throw new OutOfTimeError(milliseconds);
    throw error;
  } finally {
    context['work'] = undefined;
  }
  if (!done) throw new OutOfTimeError(milliseconds);
  return done.value;
}

/** Not every realm has the same `Error`. */
function isTimeout(error: unknown): boolean {
  const { code }: { readonly code?: unknown } = Object(error);
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
