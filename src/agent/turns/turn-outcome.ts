import type { LaneOutcome } from '../../queue/lease/lane-outcome.js';

/** The outcome of a run for its lanes. */
export interface TurnOutcome {
  readonly lane: LaneOutcome;
  /** Replies wait to be sent. */
  readonly replied: boolean;
}
