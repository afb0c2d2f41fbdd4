import { describe, expect, it } from 'vitest';
import type { WorkSight } from '../../queue/work-sight.js';
import { workFindings } from './work.check.js';

const healthy: WorkSight = {
  workers: 2,
  workerSeenMs: 1_000,
  sweptMs: 1_500,
  waiting: [
    { lane: 'turns', depth: 0, oldestSeconds: 0 },
    { lane: 'commands', depth: 0, oldestSeconds: 0 },
    { lane: 'deliveries', depth: 0, oldestSeconds: 0 },
  ],
  deadLetters: 0,
};

/** The verdicts, by what they are about. */
function verdicts(change: Partial<WorkSight>): string[] {
  return workFindings({ ...healthy, ...change }).map(({ about, verdict }) => `${about} ${verdict}`);
}

const waits = (oldestSeconds: number) => ({ waiting: [{ lane: 'turns' as const, depth: 3, oldestSeconds }] });

describe('doctor, of what it sees of the work,', () => {
  it('finds nothing to mend where somebody works and nothing waits', () => {
    expect(verdicts({})).toEqual(['workers ok', 'sweep ok', 'backlog ok', 'letters ok']);
  });

  it.each([
    [5, 'ok'],
    [300, 'warning'],
    [1_000, 'failed'],
  ])('judges what has waited for %i s with workers: %s', (seconds, verdict) => {
    expect(verdicts(waits(seconds))[2]).toBe(`backlog ${verdict}`);
  });

  it('fails for whatever waits, however short, where nobody works', () => {
    expect(verdicts({ workers: 0, workerSeenMs: null, ...waits(0) })).toEqual([
      'workers failed',
      'sweep skipped',
      'backlog failed',
      'letters ok',
    ]);
  });

  it.each([null, 31_000])('fails where workers are at work and the sweep was seen %s ms ago', (sweptMs) => {
    expect(verdicts({ sweptMs })[1]).toBe('sweep failed');
  });

  it('warns of dead letters, which are somebody’s to read', () => {
    expect(verdicts({ deadLetters: 4 })[3]).toBe('letters warning');
  });
});
