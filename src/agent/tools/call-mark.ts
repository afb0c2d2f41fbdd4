/** The durable record that a call which must not be repeated has begun. */
export interface CallMark {
  /** Resolves when it is recorded, and the method may be entered. */
  set(): Promise<void>;
  /** The method was not entered after all: the call may still be made. */
  takeBack(): Promise<void>;
}

/** For calls without a record. */
export const noMark: CallMark = {
  set: () => Promise.resolve(),
  takeBack: () => Promise.resolve(),
};
