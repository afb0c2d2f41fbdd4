import type { Move, Protocol } from './explorer.js';

/** The form of a new token: one more than the row's, or with a part that was never drawn before. */
export type TokenKind = 'counter' | 'random';

/**
 * The mechanisms that keep a lease valid: `fence`: a commit compares the token; `held`: only a held lease is renewed.
 */
export type LeaseGuard = 'fence' | 'held';

/** The lease's row. */
interface Row {
  readonly token: number;
  readonly held: boolean;
  /** Its time is over. */
  readonly expired: boolean;
}

/** A worker has a token from its acquisition until its release; `late`: released, with a renewal under way. */
type Worker = { readonly at: 'idle' } | { readonly at: 'holds' | 'late'; readonly token: number };

interface State {
  readonly row: Row;
  /** The standby's copy: some earlier commit. */
  readonly standby: Row;
  readonly failedOver: boolean;
  /** The last acquirer, in the present primary: no other may commit. */
  readonly holder: number | null;
  /** Random parts drawn so far: no failover takes them back. */
  readonly drawn: number;
  /** Acquisitions that may still happen: what is explored is finite. */
  readonly left: number;
  readonly wrong: string | null;
  readonly workers: readonly Worker[];
}

const idle: Worker = { at: 'idle' };
const free: Row = { token: 0, held: false, expired: false };

/**
 * One lease, modelled on `LeaseRepository`, on a primary whose standby may lack the last commits: tokens are values,
 * and a failover may restore an old value of the row. A token of a lost commit must be invalid on the new primary.
 */
export class LeaseFailover implements Protocol<State> {
  readonly initial: State;

  constructor(
    workers: number,
    acquisitions: number,
    private readonly tokens: TokenKind,
    private readonly missing: LeaseGuard | null = null,
  ) {
    this.initial = {
      row: free,
      standby: free,
      failedOver: false,
      holder: null,
      drawn: 0,
      left: acquisitions,
      wrong: null,
      workers: Array.from({ length: workers }, () => idle),
    };
  }

  broken({ wrong }: State): string | null {
    return wrong;
  }

  finished({ workers }: State): boolean {
    return workers.every(({ at }) => at === 'idle');
  }

  moves(state: State): Move<State>[] {
    const { row, standby, failedOver } = state;
    const moves: Move<State>[] = [];
    if (row.held && !row.expired)
      moves.push(step('the lease runs out', { ...state, row: { ...row, expired: true } }));
    if (!failedOver && standby !== row)
      moves.push(step('the standby catches up', { ...state, standby: row }));
    if (!failedOver)
      moves.push(fault('the standby takes over', { ...state, row: standby, failedOver: true, holder: null }));
    for (const [me, worker] of state.workers.entries()) moves.push(...this.movesOf(state, worker, me));
    return moves;
  }

  private movesOf(state: State, worker: Worker, me: number): Move<State>[] {
    const { row } = state;
    const name = (what: string) => `worker ${me} ${what}`;
    if (worker.at === 'idle') {
      const takes = state.left > 0 && (!row.held || row.expired);
      return takes ? [step(name('acquires'), this.acquire(state, me))] : [];
    }
    const mine = row.token === worker.token;
    const lets = withWorker(state, me, idle);
    const moves = [step(name('lets go'), lets)];
    if (worker.at === 'late')
      return [...moves, step(name('renews late'), this.renewLate(state, worker.token, me))];
    if (mine || this.missing === 'fence') moves.push(step(name('commits'), commit(state, me)));
    if (mine) {
      const released = { ...row, held: false, expired: false };
      moves.push(step(name('renews'), { ...state, row: { ...row, expired: false } }));
      moves.push(
        step(name('releases'), {
          ...withWorker(state, me, { at: 'late', token: worker.token }),
          row: released,
          holder: null,
        }),
      );
    }
    return moves;
  }

  private acquire(state: State, me: number): State {
    const drawn = state.drawn + 1;
    const token = this.tokens === 'counter' ? state.row.token + 1 : drawn;
    return {
      ...withWorker(state, me, { at: 'holds', token }),
      row: { token, held: true, expired: false },
      holder: me,
      drawn: this.tokens === 'counter' ? 0 : drawn,
      left: state.left - 1,
    };
  }

  /** A renewal that was under way when its lease was released. */
  private renewLate(state: State, token: number, me: number): State {
    const next = withWorker(state, me, idle);
    if (state.row.token !== token) return next;
    if (state.row.held) return { ...next, row: { ...state.row, expired: false } };
    if (this.missing !== 'held') return next;
    return { ...next, wrong: 'a lease that nobody holds keeps everybody out' };
  }
}

function commit(state: State, me: number): State {
  // On the new primary no worker has acquired yet: its row may still be that of the earlier holder, and rightly.
  if (state.holder === null || state.holder === me) return state;
  return { ...state, wrong: 'somebody committed whose lease another one holds' };
}

const withWorker = (state: State, me: number, next: Worker): State => ({
  ...state,
  workers: state.workers.map((worker, index) => (index === me ? next : worker)),
});

const step = (name: string, next: State): Move<State> => ({ name, next, fault: false });
const fault = (name: string, next: State): Move<State> => ({ name, next, fault: true });
