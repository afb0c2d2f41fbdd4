import type { Move, Protocol } from './explorer.js';

/**
 * The mechanisms that keep a message from staying stale. `mend`: an editor without the lease has the text sent once
 * more. `doubt`: so does the settlement of a text behind an edit that may still take effect. `race`: a mend also counts
 * while the text is being sent. `compare`: a text that changed during its send is open again.
 */
export type EditGuard = 'mend' | 'doubt' | 'race' | 'compare';

type Text = 0 | 1 | 2;

type Worker =
  | { readonly at: 'idle' | 'took' | 'leased' | 'releasing' | 'mending' }
  | { readonly at: 'calling' | 'recording'; readonly text: Text; readonly known: boolean };

interface State {
  /** The text of the reply; 2: it was corrected. */
  readonly text: Text;
  readonly corrections: number;
  readonly settled: boolean;
  /** An edit is marked as under way. */
  readonly sending: boolean;
  /** An edit of unknown outcome may still take effect. */
  readonly doubtful: boolean;
  /** The text of the message: unknown to the product. */
  readonly shown: Text;
  /** An edit whose connection broke, and which will reach Telegram. */
  readonly late: Text | null;
  readonly woken: boolean;
  readonly owner: number | null;
  readonly expired: boolean;
  readonly workers: readonly Worker[];
}

const idle: Worker = { at: 'idle' };

/**
 * A reply that edits a message, modelled on `Deliverer`, `ReplyRepository` and `Outbox.correct`: an edit is repeated
 * until it succeeds, and opened again when the text is corrected. Late edits, and senders that lost their lease, may
 * overwrite later texts.
 */
export class EditLane implements Protocol<State> {
  readonly initial: State;

  constructor(
    workers: number,
    corrections: number,
    private readonly missing: EditGuard | null = null,
  ) {
    this.initial = {
      text: 1,
      corrections,
      settled: false,
      sending: false,
      doubtful: false,
      shown: 0,
      late: null,
      woken: true,
      owner: null,
      expired: false,
      workers: Array.from({ length: workers }, () => idle),
    };
  }

  /** Stale for good: nothing is under way, and no part will look at it again. */
  broken(state: State): string | null {
    const { settled, late, shown, text, workers } = state;
    const quiet = settled && late === null && workers.every(({ at }) => at === 'idle');
    return quiet && shown !== text ? `it says ${shown} for good, not ${text}` : null;
  }

  finished({ settled, late, corrections }: State): boolean {
    return settled && late === null && corrections === 0;
  }

  moves(state: State): Move<State>[] {
    const { woken, owner, expired, settled, late, text, corrections } = state;
    const moves: Move<State>[] = [];
    if (woken) moves.push(fault('Redis is emptied', { ...state, woken: false }));
    if (owner !== null && !expired) moves.push(step('the lease runs out', { ...state, expired: true }));
    if (!settled && (owner === null || expired) && !woken)
      moves.push(step('the sweep wakes the lane', { ...state, woken: true }));
    if (corrections > 0)
      moves.push(
        step('the answer is corrected', { ...state, text: 2, corrections: corrections - 1, settled: false }),
      );
    if (late !== null) moves.push(step('a late edit takes effect', { ...state, shown: late, late: null }));
    for (const [me, worker] of state.workers.entries()) {
      if (worker.at === 'idle' && !woken) continue;
      moves.push(...this.movesOf(state, worker, me, text));
    }
    return moves;
  }

  private movesOf(state: State, worker: Worker, me: number, text: Text): Move<State>[] {
    const held = state.owner === me;
    const go = (name: string, next: Worker, from: Partial<State> = {}) =>
      step(`worker ${me} ${name}`, withWorker({ ...state, ...from }, me, next));
    const dies = fault(`worker ${me} dies`, withWorker(state, me, idle));
    const renews = held && state.expired ? [step(`worker ${me} renews`, { ...state, expired: false })] : [];
    switch (worker.at) {
      case 'idle':
        return [go('takes the job', { at: 'took' }, { woken: false })];
      case 'took':
        if (state.owner !== null && !state.expired) return [go('waits', idle, { woken: true }), dies];
        return [go('acquires', { at: 'leased' }, { owner: me, expired: false }), dies];
      case 'leased':
        if (state.settled) return [go('is done', { at: 'releasing' }), dies, ...renews];
        if (!held) return [go('has lost it', idle), dies];
        // In this state another holder's edit may still come.
        return [
          go(
            'marks',
            { at: 'calling', text, known: true },
            { sending: true, doubtful: state.doubtful || state.sending },
          ),
          dies,
          ...renews,
        ];
      case 'calling':
        return this.call(state, worker.text, me).concat(dies, renews);
      case 'recording':
        // An editor without the lease that dies before it has marked its edit leaves a message stale: two faults in a
        // row.
        return held
          ? [go('records', { at: 'leased' }, this.record(state, worker.text, worker.known)), dies, ...renews]
          : [go('finds the lease lost', this.missing === 'mend' ? idle : { at: 'mending' })];
      case 'mending':
        return [go('has it put in once more', idle, { settled: false, doubtful: this.missing !== 'race' })];
      case 'releasing':
        return [go('releases', idle, held ? { owner: null, expired: false } : {}), dies];
    }
  }

  private call(state: State, text: Text, me: number): Move<State>[] {
    const end = (from: State, known: boolean) => withWorker(from, me, { at: 'recording', text, known });
    const unknown = fault(`worker ${me}: the connection breaks`, end(state, false));
    const moves = [step(`worker ${me} edits`, end({ ...state, shown: text }, true)), unknown];
    if (state.late === null)
      moves.push(
        fault(`worker ${me}: the connection breaks, the edit is late`, end({ ...state, late: text }, false)),
      );
    return moves;
  }

  private record(state: State, text: Text, known: boolean): Partial<State> {
    if (!known) return { sending: false, doubtful: true };
    const changed = text !== state.text && this.missing !== 'compare';
    // Behind an edit that may still take effect the text is sent once more, when that edit's time is over.
    if (state.doubtful && this.missing !== 'doubt')
      return { sending: false, settled: false, doubtful: state.late !== null };
    return { sending: false, settled: !changed, doubtful: false };
  }
}

const withWorker = (state: State, me: number, next: Worker): State => ({
  ...state,
  workers: state.workers.map((worker, index) => (index === me ? next : worker)),
});

const step = (name: string, next: State): Move<State> => ({ name, next, fault: false });
const fault = (name: string, next: State): Move<State> => ({ name, next, fault: true });
