import type { Backend } from '../support/backends.js';
import type { Pace } from './pace.js';
import { Seeded } from './seeded.js';

/** The kinds of faults, and their frequencies. */
const weights = {
  /** kill -9, and a new process after a while. */
  'web-kill': 2,
  'worker-kill': 4,
  /** SIGSTOP, mostly for longer than a lease, then SIGCONT. */
  'web-suspend': 1,
  'worker-suspend': 4,
  /** No byte passes between it and PostgreSQL, mostly for longer than a lease. */
  'worker-partition': 5,
  /** SIGTERM, and a new process when it has ended. */
  /** Every packet between it and PostgreSQL is delayed. */
  'worker-database-slow': 2,
  'web-roll': 1,
  'worker-roll': 2,
  /** The wall clock of one process jumps, by minutes, back or forth. */
  'worker-clock': 1,
  'redis-kill': 2,
  'redis-empty': 3,
  'postgres-fast': 1,
  'postgres-immediate': 2,
  'connections-cut': 2,
  /** The database's disk is full, mostly for longer than a lease. */
  'disk-full': 2,
  /** Its write-ahead log is full too: the server ends, and is started again when there is space. */
  'log-full': 1,
  /** Another session's transaction locks the product's rows, in the opposite order. */
  deadlock: 2,
  /** Another session locks a conversation, or a whole table. */
  'conversation-locked': 2,
  'table-locked': 1,
  /** The database's clock jumps by minutes, back or forth, and back again. */
  'database-clock': 2,
  'model-hang': 1,
  'model-error': 2,
  'model-reset': 2,
  'telegram-limited': 2,
  'telegram-error': 2,
  'telegram-reset-before': 2,
  'telegram-reset-after': 2,
  'telegram-hang-after': 1,
  /** A gateway answers with a page of HTML, before or after Telegram accepted the call. */
  'telegram-page-before': 1,
  'telegram-page-after': 2,
  /** The connection breaks, and the call takes its effect later. */
  'telegram-late': 2,
  /** For calls that edit a message. */
  'edit-late': 1,
  'edit-reset-after': 1,
  'edit-page-after': 1,
  /** Suspended when Telegram has answered and the answer has not arrived yet. */
  'worker-freeze': 4,
} as const;

export type FaultKind = keyof typeof weights;

export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** The chosen one of the two processes of a role. */
  readonly processIndex: 0 | 1;
  /** How long it lasts; ignored for failing calls. */
  readonly holdMs: number;
  /** How many calls fail. */
  readonly times: number;
  readonly clockMs: number;
}

/** The faults of a round, of these kinds. Pure. */
export function scheduleOf(
  seed: number,
  backend: Backend,
  pace: Pace,
  drawn: readonly FaultKind[] = Object.keys(weights) as FaultKind[],
): Fault[] {
  const random = new Seeded(seed);
  const kinds = drawn
    .filter((kind) => backend === 'redis' || !kind.startsWith('redis'))
    .flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const faults = Array.from({ length: pace.faults }, () => insertFaultOf(random.pick(kinds), random, pace));
  return faults.toSorted((one, other) => one.atMs - other.atMs);
}

function insertFaultOf(kind: FaultKind, random: Seeded, pace: Pace): Fault {
  const long = Math.round(pace.leaseTtlMs * (1 + random.next() * 0.7));
  return {
    kind,
    atMs: random.int(100, pace.overMs),
    processIndex: random.chance(0.5) ? 0 : 1,
    holdMs:
      /suspend|freeze|partition|slow|full/.test(kind) && random.chance(0.8) ? long : random.int(0, 1_000),
    times: kind === 'model-error' || kind === 'telegram-error' ? random.int(1, 3) : 1,
    clockMs: random.pick([-1, 1]) * random.int(60, 600) * 1_000,
  };
}
