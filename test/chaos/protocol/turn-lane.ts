import type { Move, Protocol } from './explorer.js';

/** The mechanisms that keep the lane safe (`fence`, `checkpoint`) and alive (`sweep`). */
export type TurnGuard = 'fence' | 'checkpoint' | 'sweep';

type EventState = 'waiting' | 'claimed' | 'done';

/** A worker's position: before each name lies one statement of its own, after it anything may happen first. */
type Worker =
  | { readonly at: 'idle' | 'took' | 'leased' | 'looking' | 'releasing' | 'waking' }
  | {
      readonly at: 'claiming' | 'open' | 'working' | 'asking' | 'checkpoint' | 'answered';
      readonly turn: number[];
    };

interface State {
  readonly toArrive: number;
  readonly events: readonly EventState[];
  /** The inbox has stored an event of an idle lane and not woken it yet. */
  readonly doorWakes: boolean;
  /** A job waits in the lane. */
  readonly woken: boolean;
  /** The unfinished turn, by the events that it owns, and whether its model call is a step. */
  readonly turn: readonly number[] | null;
  readonly step: boolean;
  /** The holder of the token in the lease's row; and whether its time is over. */
  readonly owner: number | null;
  readonly expired: boolean;
  /** The turns that were finished: each with a message and a reply. */
  readonly finished: readonly (readonly number[])[];
  /** A worker that holds the lease requested a finished step. */
  readonly repeated: boolean;
  readonly workers: readonly Worker[];
}

const idle: Worker = { at: 'idle' };

/**
 * The lane of turns of one conversation, modelled on `LaneWaker`, `TurnRunner`, `TurnRepository`, `LeaseRepository` and
 * `SweepService`.
 *
 * BullMQ's own locks are not trusted: any worker may take a job while another one works. A suspended worker is one that
 * is not chosen for a while; its lease's time may be over at any moment, as may that of a slow one.
 */
export class TurnLane implements Protocol<State> {
  readonly initial: State;

  /** @param missing mechanism, left out to check that the exploration notices */
  constructor(
    messages: number,
    workers: number,
    private readonly missing: TurnGuard | null = null,
  ) {
    this.initial = {
      toArrive: messages,
      events: [],
      doorWakes: false,
      woken: false,
      turn: null,
      step: false,
      owner: null,
      expired: false,
      finished: [],
      repeated: false,
      workers: Array.from({ length: workers }, () => idle),
    };
  }

  broken({ finished, repeated }: State): string | null {
    const answered = finished.flat();
    if (new Set(answered).size < answered.length) return 'an event was answered twice';
    if (answered.some((event, index) => event < (answered[index - 1] ?? 0))) return 'answered out of order';
    return repeated ? 'a finished step was asked for again' : null;
  }

  finished({ toArrive, events, turn }: State): boolean {
    return toArrive === 0 && turn === null && events.every((event) => event === 'done');
  }

  moves(state: State): Move<State>[] {
    return [
      ...this.around(state),
      ...state.workers.flatMap((worker, me) =>
        worker.at === 'idle' && !state.woken
          ? []
          : [
              step(`worker ${me}: ${worker.at}`, this.next(state, worker, me)),
              ...(worker.at === 'idle' ? [] : [fault(`worker ${me} dies`, withWorker(state, me, idle))]),
            ],
      ),
    ];
  }

  private around(state: State): Move<State>[] {
    const { toArrive, events, doorWakes, woken, turn, owner, expired } = state;
    const waits = events.includes('waiting');
    const moves: Move<State>[] = [];
    if (toArrive > 0) {
      const stored = { toArrive: toArrive - 1, events: [...events, 'waiting' as const] };
      moves.push(step('the door stores a message', { ...state, ...stored, doorWakes: doorWakes || !waits }));
    }
    if (doorWakes) {
      moves.push(step('the door wakes the lane', { ...state, doorWakes: false, woken: true }));
      moves.push(fault('the door dies', { ...state, doorWakes: false }));
    }
    if (woken) moves.push(fault('Redis is emptied', { ...state, woken: false }));
    if (owner !== null && !expired) moves.push(step('the lease runs out', { ...state, expired: true }));
    // A holder that was late to renew goes on until another takes the lease.
    if (owner !== null && expired && state.workers[owner]?.at !== 'idle')
      moves.push(step(`worker ${owner} renews`, { ...state, expired: false }));
    const due = (waits || turn !== null) && (owner === null || expired) && !woken;
    if (due && this.missing !== 'sweep')
      moves.push(step('the sweep wakes the lane', { ...state, woken: true }));
    return moves;
  }

  private next(state: State, worker: Worker, me: number): State {
    const go = (next: Worker, change: Partial<State> = {}) => withWorker({ ...state, ...change }, me, next);
    const held = state.owner === me || this.missing === 'fence';
    const mine = 'turn' in worker && sameTurn(state.turn, worker.turn);
    switch (worker.at) {
      case 'idle':
        return go({ at: 'took' }, { woken: false });
      case 'took':
        if (state.owner !== null && !state.expired) return go(idle, { woken: true });
        return go({ at: 'leased' }, { owner: me, expired: false });
      case 'leased': {
        if (state.turn) return go({ at: 'open', turn: [...state.turn] });
        const waiting = state.events.flatMap((event, index) => (event === 'waiting' ? [index] : []));
        return go(waiting.length > 0 ? { at: 'claiming', turn: waiting } : { at: 'releasing' });
      }
      case 'claiming':
        if (!held) return go(idle);
        return go(
          { at: 'working', turn: worker.turn },
          { turn: worker.turn, step: false, events: mark(state.events, worker.turn, 'claimed') },
        );
      case 'open':
        return held ? go({ at: 'working', turn: worker.turn }) : go(idle);
      case 'working': {
        const known = mine && state.step && this.missing !== 'checkpoint';
        return go({ at: known ? 'answered' : 'asking', turn: worker.turn });
      }
      case 'asking': {
        const again = mine && state.step && state.owner === me;
        return go({ at: 'checkpoint', turn: worker.turn }, { repeated: state.repeated || again });
      }
      case 'checkpoint':
        if (!held) return go(idle);
        return go({ at: 'answered', turn: worker.turn }, { step: mine || state.step });
      case 'answered':
        if (!held) return go(idle);
        return go(
          { at: 'looking' },
          {
            finished: [...state.finished, worker.turn],
            events: mark(state.events, worker.turn, 'done'),
            ...(mine ? { turn: null, step: false } : {}),
          },
        );
      case 'looking':
        return go({ at: state.events.includes('waiting') ? 'waking' : 'releasing' });
      case 'waking':
        return go(idle, { ...released(state, me), woken: true });
      case 'releasing':
        return go(idle, released(state, me));
    }
  }
}

const released = ({ owner, expired }: State, me: number): Partial<State> =>
  owner === me ? { owner: null, expired: false } : { owner, expired };

const sameTurn = (one: readonly number[] | null, other: readonly number[]) => one?.join() === other.join();

const mark = (events: readonly EventState[], which: readonly number[], as: EventState): EventState[] =>
  events.map((event, index) => (which.includes(index) ? as : event));

const withWorker = (state: State, me: number, next: Worker): State => ({
  ...state,
  workers: state.workers.map((worker, index) => (index === me ? next : worker)),
});

const step = (name: string, next: State): Move<State> => ({ name, next, fault: false });
const fault = (name: string, next: State): Move<State> => ({ name, next, fault: true });
