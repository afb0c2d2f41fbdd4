import type { Destination, ReplyBody } from '../../channel/channel.js';
import type { FloodChat } from '../../delivery/flood/flood-gate.js';
import type { Lease } from '../../queue/lease/lease.repository.js';

/** The outcome of showing a text. */
export type PreviewResult =
  | { readonly kind: 'shown' }
  /** Not now: another message must go first, or the channel failed for the moment. */
  | { readonly kind: 'not-yet' }
  /** The channel asks for a pause, or real replies go first. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** The target accepts no further text. */
  | { readonly kind: 'over'; readonly error: string };

/** Shows a turn's streamed reply. */
export interface PreviewTarget {
  /** Appended to a text that is still being written. */
  readonly cursor: string;
  /** The text disappears after this time, unless it is shown again; null: it stays. */
  readonly lastsMs: number | null;
  /**
   * Replaces the shown text by `body`, once its plain form `text` is committed with the turn's lease.
   * @throws LeaseLostError
   */
  show(text: string, body: ReplyBody): Promise<PreviewResult>;
  /** Ends showing. Never rejects. */
  end(): Promise<void>;
}

/** The turn whose answer is shown. */
export interface PreviewedTurn {
  readonly lease: Lease;
  readonly turnId: string;
  readonly destination: Destination & FloodChat;
  /** Ends calls under way when the process stops. */
  readonly stopping: AbortSignal;
  /** Aborts with a `LeaseLostError` when another holder has the turn. */
  readonly lost: AbortSignal;
}

/**
 * The id of a turn's preview: the same in all its runs, so that the channel shows one, and a press of its stop button
 * identifies its turn. Above 0, and with 28 bits exact in any client; a chat never runs two turns at the same time.
 * @param turnId a UUID, whose end is random
 */
export function previewIdOf(turnId: string): number {
  return 1 + Number.parseInt(turnId.slice(-7), 16);
}
