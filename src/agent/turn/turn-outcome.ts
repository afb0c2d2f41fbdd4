import type { LaneOutcome } from '../../lease/lane-outcome.js';

/** What a run of a turn leaves to its lanes. */
export interface TurnOutcome {
  readonly lane: LaneOutcome;
  /** Replies wait to be sent. */
  readonly replied: boolean;
}
