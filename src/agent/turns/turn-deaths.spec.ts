import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterDeath,
  afterHandBack,
  type Deaths,
  isPoison,
  isSuspect,
  MAX_DEATHS,
  SUSPECT_AFTER,
  SUSPECT_AFTER_HAND_BACKS,
} from './turn-deaths.js';

const none: Deaths = { deaths: 0, handBacks: 0, deathSteps: 0 };

describe('The deaths of a turn', () => {
  it('make it poison after three without a new step, the last in an isolated process', () => {
    const twice = afterDeath(afterDeath(none, 1, 'shared'), 1, 'shared');
    expect(twice).toEqual({ deaths: 2, handBacks: 0, deathSteps: 1 });
    expect(isPoison(twice)).toBe(false);
    expect(isPoison(afterDeath(twice, 1, 'isolated'))).toBe(true);
  });

  it('count anew once there is a new step', () => {
    const twice = afterDeath(afterDeath(none, 1, 'shared'), 1, 'isolated');
    expect(afterDeath(twice, 2, 'isolated')).toEqual({ deaths: 1, handBacks: 0, deathSteps: 2 });
  });

  it('never make it poison in shared processes, however many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (steps) => {
        const all = steps.reduce((known, step) => afterDeath(known, step, 'shared'), none);
        expect(isPoison(all)).toBe(false);
      }),
    );
  });

  it('never make it poison without one in an isolated process, and always with three of these', () => {
    const places = fc.array(fc.constantFrom('shared' as const, 'isolated' as const), { maxLength: 20 });
    fc.assert(
      fc.property(places, (deaths) => {
        const all = deaths.reduce((known, place) => afterDeath(known, 1, place), none);
        const own = deaths.filter((place) => place === 'isolated').length;
        if (own === 0) expect(isPoison(all)).toBe(false);
        if (own >= MAX_DEATHS) expect(isPoison(all)).toBe(true);
      }),
    );
  });

  it('make it a suspect the second time it is found unfinished', () => {
    expect(isSuspect({ takeovers: SUSPECT_AFTER - 1, handBacks: 0 })).toBe(false);
    expect(isSuspect({ takeovers: SUSPECT_AFTER, handBacks: 0 })).toBe(true);
  });
});

describe('A turn that is handed back because its process must end', () => {
  const handedBack = (times: number, steps: number, before = none): Deaths =>
    Array.from({ length: times }).reduce<Deaths>((known) => afterHandBack(known, steps), before);

  it('is a suspect from the third time without a new step, and never becomes poison by it', () => {
    const often = handedBack(SUSPECT_AFTER_HAND_BACKS - 1, 1);
    expect(isSuspect({ takeovers: 0, ...often })).toBe(false);
    expect(isSuspect({ takeovers: 0, ...afterHandBack(often, 1) })).toBe(true);
    expect(isSuspect({ takeovers: 0, ...afterHandBack(often, 2) })).toBe(false);
    expect(isPoison(handedBack(100, 1))).toBe(false);
  });

  it('keeps its count of deaths until a new step', () => {
    const died = afterDeath(none, 1, 'isolated');
    expect(afterHandBack(died, 1)).toEqual({ deaths: 1, handBacks: 1, deathSteps: 1 });
    expect(afterHandBack(died, 2)).toEqual({ deaths: 0, handBacks: 1, deathSteps: 2 });
    expect(afterDeath(handedBack(2, 1), 2, 'shared')).toEqual({ deaths: 1, handBacks: 0, deathSteps: 2 });
  });
});
