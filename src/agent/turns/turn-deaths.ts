import type { Turn } from '../../generated/prisma/client.js';

/**
 * The kind of process that died: `shared` by many turns, of which any, or somebody from outside, may have killed it; or
 * `isolated`, with one turn alone in it.
 */
export type DeathPlace = 'shared' | 'isolated';

/** Deaths in a row, without a new step in between, that make a turn poison. */
export const MAX_DEATHS = 3;
/** Deaths of shared processes count up to this: the last death of a poison turn is always in an isolated process. */
export const MAX_SHARED_DEATHS = MAX_DEATHS - 1;
/** A turn that was found unfinished so often runs isolated from then on. */
export const SUSPECT_AFTER = 2;

/**
 * A turn that was handed back so often, without a new step in between, runs isolated too: a program that a tool starts
 * may ask the process to end, which looks like an operator's request. An isolated process obeys its parent alone.
 */
export const SUSPECT_AFTER_HAND_BACKS = 3;

/** A turn's counts of its processes' ends. */
export type Deaths = Pick<Turn, 'deaths' | 'handBacks' | 'deathSteps'>;

/** Counts one more death of a turn with this number of steps. Pure. */
export function afterDeath(before: Deaths, steps: number, place: DeathPlace): Deaths {
  const { deaths, ...others } = sinceLastStep(before, steps);
  switch (place) {
    case 'shared':
      return { ...others, deaths: Math.min(deaths + 1, Math.max(deaths, MAX_SHARED_DEATHS)) };
    case 'isolated':
      return { ...others, deaths: deaths + 1 };
  }
}

/** Counts one more run whose process was asked to end. Pure. */
export function afterHandBack(before: Deaths, steps: number): Deaths {
  const known = sinceLastStep(before, steps);
  return { ...known, handBacks: known.handBacks + 1 };
}

function sinceLastStep(before: Deaths, steps: number): Deaths {
  const { deaths, handBacks, deathSteps } = before;
  return steps === deathSteps
    ? { deaths, handBacks, deathSteps }
    : { deaths: 0, handBacks: 0, deathSteps: steps };
}

/** Whether the turn may have ended processes, judged by runs in shared ones. */
export function isSuspect({ takeovers, handBacks }: Pick<Turn, 'takeovers' | 'handBacks'>): boolean {
  return takeovers >= SUSPECT_AFTER || handBacks >= SUSPECT_AFTER_HAND_BACKS;
}

/** Whether the turn certainly ended processes. */
export function isPoison({ deaths }: Pick<Turn, 'deaths'>): boolean {
  return deaths >= MAX_DEATHS;
}
