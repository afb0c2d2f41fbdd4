import { createContext, Script } from 'node:vm';

/** Shared by all bounded work: a new one each time would cost a millisecond. */
const context = createContext({ work: undefined });
const script = new Script('work()');

/** The error for work that was not done in time. */
export class OutOfTimeError extends Error {
  constructor(readonly milliseconds: number) {
    super(`not done within ${milliseconds} ms`);
  }
}

/**
 * Runs work that blocks the process, and aborts it when its time is over. For work whose effort an outside input
 * decides, and which leaves nothing half done behind.
 * @param work must not wait for anything, or call this function
 * @throws OutOfTimeError, or the error of the work
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
