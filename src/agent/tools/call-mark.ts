/** The durable record that a call which must not be made twice has begun. */
export interface CallMark {
  /** Resolves when it is written down, and the method may be entered. */
  set(): Promise<void>;
  /** The method was not entered after all: the call may still be made. */
  takeBack(): Promise<void>;
}

/** For calls that nobody records. */
export const noMark: CallMark = {
  set: () => Promise.resolve(),
  takeBack: () => Promise.resolve(),
};
