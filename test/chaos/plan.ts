import type { Backend } from '../support/backends.js';
import { hurried, type Pace, patient, shipped } from './pace.js';

const SHORT = 6;

/** The runs that the environment asks for. */
export interface Plan {
  readonly pace: Pace;
  /** Infinite if `minutes` ends it. */
  seeds(): Iterable<number>;
  /** The time slice of each of the two queue backends; null: until its seeds are done. */
  readonly minutes: number | null;
  /** The command that repeats a seed exactly. */
  readonly replayOf: (seed: number) => string;
}

/**
 * Reads `CHAOS_RUNS` (that many seeds, from 1), `CHAOS_SEED` (this one; several by commas), `CHAOS_MINUTES` (as long as
 * that at the pace of the shipped build, from seed `CHAOS_SEED` or 1 on). With none of them: a short form for every day.
 * `CHAOS_PACE=patient` waits for a machine that has other work; `CHAOS_FAULTS` is how
 * many faults a round has.
 */
export function planOf(env: NodeJS.ProcessEnv): Plan {
  const { CHAOS_MINUTES: minutes, CHAOS_SEED: seed, CHAOS_RUNS: runs = SHORT, CHAOS_FAULTS: faults } = env;
  if (minutes !== undefined) {
    return {
      pace: shipped,
      seeds: () => from(Number(seed ?? 1)),
      minutes: Number(minutes) / 2,
      replayOf: (failed) => `CHAOS_MINUTES=1 CHAOS_SEED=${failed} npm run test:chaos`,
    };
  }
  const pace = {
    ...(env.CHAOS_PACE === 'patient' ? patient : hurried),
    ...(faults && { faults: Number(faults) }),
  };
  const seeds =
    seed === undefined
      ? Array.from({ length: Number(runs) }, (_, index) => index + 1)
      : seed.split(',').map(Number);
  return {
    pace,
    seeds: () => seeds,
    minutes: null,
    replayOf: (failed) => `CHAOS_SEED=${failed} npm run test:chaos`,
  };
}

/** Every third seed keeps its queue in PostgreSQL. */
export const backendOf = (seed: number): Backend => (seed % 3 === 0 ? 'postgresql' : 'redis');

function* from(first: number): Iterable<number> {
  for (let seed = first; ; seed += 1) yield seed;
}
