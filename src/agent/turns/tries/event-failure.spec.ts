import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { afterEventFailure, MAX_ATTEMPTS, MAX_OUTAGES } from './event-failure.js';

const own = new Error('its own');
const outage = Object.assign(new Error('away'), { code: '57P01' });
const tries = (attempts: number, outages = 0) => ({ attempts, outages });

/** All pauses of a failing event until its end, in milliseconds. */
function pauses(error: Error, ofTry: (count: number) => ReturnType<typeof tries>): number[] {
  const all: number[] = [];
  for (let count = 1; ; count += 1) {
    const decision = afterEventFailure(error, ofTry(count), 0);
    if (decision.kind === 'give-up') return all;
    all.push(decision.delayMs);
  }
}

describe('afterEventFailure', () => {
  it('ends an event after its tries, within a minute', () => {
    const all = pauses(own, (count) => tries(count));
    expect(all).toHaveLength(MAX_ATTEMPTS - 1);
    expect(all.reduce((sum, ms) => sum + ms)).toBeLessThan(60_000);
    expect(afterEventFailure(own, tries(MAX_ATTEMPTS), 0)).toEqual({ kind: 'give-up', code: 'EVENT_FAILED' });
  });

  it('does not count the database’s failures, and allows them at least half an hour', () => {
    const all = pauses(outage, (count) => tries(MAX_ATTEMPTS - 1, count));
    expect(all).toHaveLength(MAX_OUTAGES - 1);
    expect(all.reduce((sum, ms) => sum + ms)).toBeGreaterThan(1_700_000);
  });

  it('does not retry a hopeless event', () => {
    const error = new GiveUpError('A_CODE', 'it will not work');
    expect(afterEventFailure(error, tries(1), 0)).toEqual({ kind: 'give-up', code: 'A_CODE' });
  });
});
