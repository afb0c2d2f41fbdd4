import { LeaseLostError, TurnpikeError } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import type { Stopping } from '../../runtime/stopping.js';
import { ApprovalNeededError, type WaitingCall } from '../approvals/approval-gate.js';
import { TurnTimeoutError } from './turn-failure.js';
import { TurnInterruptedError } from './turn-watch.js';

/** Why one run of a turn ended without an answer. */
export type RunEnd =
  | { readonly kind: 'lost' }
  /** @param replied there are replies to send */
  | { readonly kind: 'interrupted'; readonly replied: boolean }
  | { readonly kind: 'stopping' }
  /** Not before people have decided. */
  | { readonly kind: 'parked'; readonly calls: readonly WaitingCall[] }
  /** The turn itself failed. */
  | { readonly kind: 'failed'; readonly error: TurnpikeError }
  /** Not the model's failure but the database's or ours. */
  | { readonly kind: 'broken'; readonly error: unknown };

/** All that can end a run of a turn from outside, as the one signal that goes to the model and to the tools. */
export class RunSignals {
  readonly signal: AbortSignal;
  private readonly timeout = new AbortController();
  private readonly timer: NodeJS.Timeout;

  /**
   * @param lost aborts when the lease is known to be lost
   * @param disturbed see `TurnWatch.begin`
   * @param stray aborts when an error of this run came up where nobody catches it
   * @param leftMs what the turn has left of its whole time
   */
  constructor(
    private readonly lost: AbortSignal,
    private readonly disturbed: AbortSignal,
    private readonly stray: AbortSignal,
    private readonly stopping: Stopping,
    leftMs: number,
    timeoutMs: number,
  ) {
    this.timer = setTimeout(() => this.timeout.abort(new TurnTimeoutError(timeoutMs)), Math.max(1, leftMs));
    this.signal = AbortSignal.any([lost, disturbed, stray, this.timeout.signal, stopping.now]);
  }

  /**
   * What the error that ended the run comes to. A lost lease before all else: nothing could be committed. Whoever is
   * interrupted has lost it too, and knows to whom.
   */
  endOf(error: unknown): RunEnd {
    const disturbance: unknown = this.disturbed.reason;
    if (disturbance instanceof TurnInterruptedError)
      return { kind: 'interrupted', replied: disturbance.replied };
    if (error instanceof LeaseLostError || this.lost.aborted || disturbance instanceof LeaseLostError)
      return { kind: 'lost' };
    if (error instanceof ApprovalNeededError) return { kind: 'parked', calls: error.calls };
    if (this.stopping.now.aborted) return { kind: 'stopping' };
    // A write that the database had no room for has failed by itself, however long it was tried.
    const timedOut = this.timeout.signal.aborted && !isUnreachable(error);
    const strayed: unknown = this.stray.aborted ? this.stray.reason : error;
    const reason: unknown = timedOut ? this.timeout.signal.reason : strayed;
    return reason instanceof TurnpikeError ? { kind: 'failed', error: reason } : { kind: 'broken', error };
  }

  /** Frees the composed signal, to which clients leave listeners, from the signals that outlive the run. */
  close(): void {
    clearTimeout(this.timer);
    this.timeout.abort();
  }
}
