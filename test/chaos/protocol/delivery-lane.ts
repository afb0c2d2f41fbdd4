import type { Move, Protocol } from './explorer.js';

/** The mechanisms that keep the lane safe (`fence`, `marker`) and alive (`sweep`). */
export type DeliveryGuard = 'fence' | 'marker' | 'sweep';

/** The outcome of a Telegram call. `unknown`: the connection broke, before or after the message was accepted. */
type Outcome = 'sent' | 'unknown' | 'again';

interface Reply {
  readonly state: 'pending' | 'sending' | 'uncertain' | 'sent';
  readonly unknownSends: number;
  /** Nothing is left to do. */
  readonly settled: boolean;
  /** Given up, with a dead letter. */
  readonly dead: boolean;
  /** How often Telegram accepted it: unknown to the product. */
  readonly taken: number;
}

/** A reply as it was read. */
interface Read {
  readonly reply: number;
  readonly unknownSends: number;
}
type Calling = Read & { readonly at: 'calling' };
type Recording = Read & { readonly at: 'recording'; readonly outcome: Outcome };
type Worker =
  | { readonly at: 'idle' | 'took' | 'leased' | 'releasing' }
  | (Read & { readonly at: 'judging' })
  | (Read & { readonly at: 'marking' })
  | Calling
  | Recording;

interface State {
  readonly replies: readonly Reply[];
  readonly woken: boolean;
  readonly owner: number | null;
  readonly expired: boolean;
  /** A reply was sent before an earlier one was settled. */
  readonly overtaken: boolean;
  readonly workers: readonly Worker[];
}

const idle: Worker = { at: 'idle' };
const fresh: Reply = { state: 'pending', unknownSends: 0, settled: false, dead: false, taken: 0 };

/**
 * The lane of deliveries of one conversation, modelled on `Deliverer`, `decide`, `ReplyRepository`, `LeaseRepository`
 * and `SweepService`: its replies are committed, and wait to be sent. It shares nothing else with the lane of turns,
 * not even the lease, so the two are explored apart.
 */
export class DeliveryLane implements Protocol<State> {
  readonly initial: State;

  /** @param missing mechanism, left out to check that the exploration notices */
  constructor(
    replies: number,
    workers: number,
    private readonly missing: DeliveryGuard | null = null,
  ) {
    this.initial = {
      replies: Array.from({ length: replies }, () => fresh),
      woken: true,
      owner: null,
      expired: false,
      overtaken: false,
      workers: Array.from({ length: workers }, () => idle),
    };
  }

  broken({ replies, overtaken }: State): string | null {
    if (overtaken) return 'a reply overtook another';
    for (const { taken, state, settled, dead } of replies) {
      if (taken > 2) return `sent ${taken} times`;
      if (taken > 1 && settled && state !== 'uncertain') return `sent twice and recorded as ${state}`;
      if (taken === 0 && settled && !dead) return 'recorded as sent, and it was not';
    }
    return null;
  }

  finished({ replies }: State): boolean {
    return replies.every(({ settled }) => settled);
  }

  moves(state: State): Move<State>[] {
    const { woken, owner, expired, replies } = state;
    const moves: Move<State>[] = [];
    if (woken) moves.push(fault('Redis is emptied', { ...state, woken: false }));
    if (owner !== null && !expired) moves.push(step('the lease runs out', { ...state, expired: true }));
    // A holder that was late to renew goes on until another takes the lease.
    if (owner !== null && expired && state.workers[owner]?.at !== 'idle')
      moves.push(step(`worker ${owner} renews`, { ...state, expired: false }));
    const due = replies.some(({ settled }) => !settled) && (owner === null || expired) && !woken;
    if (due && this.missing !== 'sweep')
      moves.push(step('the sweep wakes the lane', { ...state, woken: true }));
    for (const [me, worker] of state.workers.entries()) {
      if (worker.at === 'calling') moves.push(...this.call(state, worker, me));
      else if (worker.at !== 'idle' || woken)
        moves.push(step(`worker ${me}: ${worker.at}`, this.next(state, worker, me)));
      if (worker.at !== 'idle') moves.push(fault(`worker ${me} dies`, withWorker(state, me, idle)));
    }
    return moves;
  }

  /** The call of Telegram: taken or not, known or not. */
  private call(state: State, { reply, unknownSends }: Calling, me: number): Move<State>[] {
    const first = state.replies[reply]?.taken === 0;
    const overtaken = first && state.replies.some(({ settled }, index) => index < reply && !settled);
    const taken = change(state, reply, (one) => ({ ...one, taken: one.taken + 1 }));
    const end = (from: State, outcome: Outcome) =>
      withWorker(from, me, { at: 'recording', reply, unknownSends, outcome });
    const said = { ...taken, overtaken: state.overtaken || overtaken };
    return [
      step(`worker ${me}: sends`, end(said, 'sent')),
      fault(`worker ${me}: sends, and loses the answer`, end(said, 'unknown')),
      fault(`worker ${me}: loses the connection before`, end(state, 'unknown')),
      fault(`worker ${me}: is refused for now`, end(state, 'again')),
    ];
  }

  private next(state: State, worker: Exclude<Worker, Calling>, me: number): State {
    const go = (next: Worker, from = state) => withWorker(from, me, next);
    const held = state.owner === me || this.missing === 'fence';
    switch (worker.at) {
      case 'idle':
        return go({ at: 'took' }, { ...state, woken: false });
      case 'took':
        if (state.owner !== null && !state.expired) return go(idle, { ...state, woken: true });
        return go({ at: 'leased' }, { ...state, owner: me, expired: false });
      case 'leased': {
        const reply = state.replies.findIndex(({ settled }) => !settled);
        const found = state.replies[reply];
        if (!found) return go({ at: 'releasing' });
        const left = found.state === 'sending' && this.missing !== 'marker';
        return go({ at: left ? 'judging' : 'marking', reply, unknownSends: found.unknownSends });
      }
      case 'marking':
        if (!held) return go(idle);
        return go(
          { reply: worker.reply, unknownSends: worker.unknownSends, at: 'calling' },
          change(state, worker.reply, (one) => ({ ...one, state: 'sending' })),
        );
      case 'judging':
        return this.record(state, worker, 'unknown', me);
      case 'recording':
        return this.record(state, worker, worker.outcome, me);
      case 'releasing':
        return go(idle, state.owner === me ? { ...state, owner: null, expired: false } : state);
    }
  }

  private record(state: State, { reply, unknownSends }: Read, outcome: Outcome, me: number): State {
    if (state.owner !== me && this.missing !== 'fence') return withWorker(state, me, idle);
    const recorded = change(state, reply, (one) => ({ ...one, ...this.changeAfter(outcome, unknownSends) }));
    return withWorker(recorded, me, { at: 'leased' });
  }

  private changeAfter(outcome: Outcome, unknownSends: number): Partial<Reply> {
    const before = unknownSends > 0;
    if (outcome === 'sent') return { state: before ? 'uncertain' : 'sent', settled: true };
    if (outcome === 'again' || this.missing === 'marker') return { state: before ? 'uncertain' : 'pending' };
    if (before) return { state: 'uncertain', settled: true, dead: true };
    return { state: 'uncertain', unknownSends: 1 };
  }
}

const change = (state: State, which: number, how: (reply: Reply) => Reply): State => ({
  ...state,
  replies: state.replies.map((reply, index) => (index === which ? how(reply) : reply)),
});

const withWorker = (state: State, me: number, next: Worker): State => ({
  ...state,
  workers: state.workers.map((worker, index) => (index === me ? next : worker)),
});

const step = (name: string, next: State): Move<State> => ({ name, next, fault: false });
const fault = (name: string, next: State): Move<State> => ({ name, next, fault: true });
