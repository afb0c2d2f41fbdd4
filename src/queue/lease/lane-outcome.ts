/** The result of a lane's work: look again at once, after a pause, or not at all. */
export type LaneOutcome =
  | { readonly next: 'none' }
  /** More waits: look again at once, behind the other conversations. */
  | { readonly next: 'now' }
  | { readonly next: 'later'; readonly delayMs: number };
