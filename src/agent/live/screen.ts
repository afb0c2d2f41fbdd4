import type { Destination, ReplyBody } from '../../channel/channel.js';
import type { FloodChat } from '../../delivery/flood/flood-gate.js';
import type { Lease } from '../../lease/lease.repository.js';

/** What came of showing something. */
export type Shown =
  | { readonly kind: 'shown' }
  /** Not now: something else has to go first, or the channel failed for the moment. */
  | { readonly kind: 'not-yet' }
  /** The channel asks for a pause, or real replies go first. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** Nothing more can be shown. */
  | { readonly kind: 'over'; readonly error: string };

/** Where a turn shows what it has so far. */
export interface Screen {
  /** Stands behind a text that is still written. */
  readonly cursor: string;
  /** What is shown is gone after this time, unless it is shown again; null: it stays. */
  readonly lastsMs: number | null;
  /**
   * Shows `body` in the place of what it showed before, once `text`, which it says, is committed with the turn's lease.
   * @throws LeaseLostError
   */
  show(text: string, body: ReplyBody): Promise<Shown>;
  /** Nothing more is shown. Never rejects. */
  end(): Promise<void>;
}

/** The turn whose answer is shown. */
export interface ShownTurn {
  readonly lease: Lease;
  readonly turnId: string;
  readonly destination: Destination & FloodChat;
  /** Ends calls under way: the process is told to stop. */
  readonly stopping: AbortSignal;
  /** Aborts with a `LeaseLostError` when the turn is somebody else's. */
  readonly lost: AbortSignal;
}
