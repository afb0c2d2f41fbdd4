import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterDeath, type Deaths, isPoison, isSuspect, MAX_DEATHS, SUSPECT_AFTER } from './turn-deaths.js';

const none: Deaths = { deaths: 0, deathSteps: 0 };

describe('The deaths of a turn', () => {
  it('make it poison when there are three without a new step, the last in a process of its own', () => {
    const twice = afterDeath(afterDeath(none, 1, 'shared'), 1, 'shared');
    expect(twice).toEqual({ deaths: 2, deathSteps: 1 });
    expect(isPoison(twice)).toBe(false);
    expect(isPoison(afterDeath(twice, 1, 'isolated'))).toBe(true);
  });

  it('count anew once there is a new step', () => {
    const twice = afterDeath(afterDeath(none, 1, 'shared'), 1, 'isolated');
    expect(afterDeath(twice, 2, 'isolated')).toEqual({ deaths: 1, deathSteps: 2 });
  });

  it('make no poison of it in processes that others share, however many these are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (steps) => {
        const all = steps.reduce((known, step) => afterDeath(known, step, 'shared'), none);
        expect(isPoison(all)).toBe(false);
      }),
    );
  });

  it('make no poison of it with fewer than one in a process of its own, and always with three of these', () => {
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

  it('make it a suspect from the second time that it is found unfinished', () => {
    expect(isSuspect({ takeovers: SUSPECT_AFTER - 1 })).toBe(false);
    expect(isSuspect({ takeovers: SUSPECT_AFTER })).toBe(true);
  });
});
