import type { Turn } from '../../generated/prisma/client.js';

/**
 * Where the process died: `shared` by many turns, of which any may have killed it, or somebody from outside; or `isolated`,
 * made for one turn that was the only one in it.
 */
export type DeathPlace = 'shared' | 'isolated';

/** Deaths in a row, without a new step in between, that make a turn poison. */
export const MAX_DEATHS = 3;
/** Deaths of shared processes count no further: the one that makes poison is always one of an isolated process. */
export const MAX_SHARED_DEATHS = MAX_DEATHS - 1;
/** A turn that was found unfinished so often runs in a process of its own from then on. */
export const SUSPECT_AFTER = 2;

/** What a turn remembers of its deaths. */
export type Deaths = Pick<Turn, 'deaths' | 'deathSteps'>;

/** The count after one more death, of a turn that has so many steps by now. Pure. */
export function afterDeath({ deaths, deathSteps }: Deaths, steps: number, place: DeathPlace): Deaths {
  const before = steps === deathSteps ? deaths : 0;
  switch (place) {
    case 'shared':
      return { deaths: Math.min(before + 1, Math.max(before, MAX_SHARED_DEATHS)), deathSteps: steps };
    case 'isolated':
      return { deaths: before + 1, deathSteps: steps };
  }
}

/** Has it taken processes down, as far as anybody can tell who looks at what several turns may have done? */
export function isSuspect({ takeovers }: Pick<Turn, 'takeovers'>): boolean {
  return takeovers >= SUSPECT_AFTER;
}

/** Has it, without any doubt? */
export function isPoison({ deaths }: Pick<Turn, 'deaths'>): boolean {
  return deaths >= MAX_DEATHS;
}
