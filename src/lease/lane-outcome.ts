/** What a lane's work says when it ends: look again, after a pause or not at all. */
export type LaneOutcome =
  | { readonly next: 'none' }
  /** More waits: at once, behind the other conversations. */
  | { readonly next: 'now' }
  | { readonly next: 'later'; readonly delayMs: number };
