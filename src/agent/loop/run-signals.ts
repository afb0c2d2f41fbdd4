import { LeaseLostError, TurnpikeError } from '../../platform/errors/errors.js';
import { isUnreachable } from '../../platform/errors/unreachable.js';
import { WORK_ENDED } from '../../platform/runtime/pause.js';
import type { Stopping } from '../../platform/runtime/stopping.js';
import { ApprovalNeededError, type WaitingCall } from './policy/approval-gate.js';
import { TurnTimeoutError } from './turn-failure.js';
import { TurnInterruptedError } from './busy/turn-watch.js';

/** The reason why a run of a turn ended without an answer. */
export type RunEnd =
  | { readonly kind: 'lost' }
  /** @param replied there are replies to send */
  | { readonly kind: 'interrupted'; readonly replied: boolean }
  | { readonly kind: 'stopping' }
  /** It waits for people's decisions. */
  | { readonly kind: 'parked'; readonly calls: readonly WaitingCall[] }
  /** The turn itself failed. */
  | { readonly kind: 'failed'; readonly error: TurnpikeError }
  /** The failure is the database's or ours, not the model's. */
  | { readonly kind: 'broken'; readonly error: unknown };

/** Combines all reasons to end a run from outside into one signal for the model and the tools. */
export class RunSignals {
  readonly signal: AbortSignal;
  private readonly timeout = new AbortController();
  private readonly timer: NodeJS.Timeout;

  /**
   * @param lost aborts when the lease is known to be lost
   * @param disturbed see `TurnWatch.begin`
   * @param stray aborts at an uncaught error of this run
   * @param leftMs the rest of the turn's whole time
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
   * Classifies the error that ended the run. A lost lease comes first: nothing could be committed. An interrupted run
   * has lost it too, to a known successor.
   */
  endOf(error: unknown): RunEnd {
    const disturbance: unknown = this.disturbed.reason;
    if (disturbance instanceof TurnInterruptedError)
      return { kind: 'interrupted', replied: disturbance.replied };
    if (error instanceof LeaseLostError || this.lost.aborted || disturbance instanceof LeaseLostError)
      return { kind: 'lost' };
    if (error instanceof ApprovalNeededError) return { kind: 'parked', calls: error.calls };
    if (this.stopping.now.aborted) return { kind: 'stopping' };
    // A write without room in the database has failed by itself, however long it was tried.
    const timedOut = this.timeout.signal.aborted && !isUnreachable(error);
    const strayed: unknown = this.stray.aborted ? this.stray.reason : error;
    const reason: unknown = timedOut ? this.timeout.signal.reason : strayed;
    return reason instanceof TurnpikeError ? { kind: 'failed', error: reason } : { kind: 'broken', error };
  }

  /** Frees the composed signal, to which clients leave listeners, from the signals that outlive the run. */
  close(): void {
    clearTimeout(this.timer);
    this.timeout.abort(WORK_ENDED);
  }
}
