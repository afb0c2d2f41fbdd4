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

/** The verdicts, by subject. */
function verdicts(change: Partial<WorkSight>): string[] {
  return workFindings({ ...healthy, ...change }).map(({ about, verdict }) => `${about} ${verdict}`);
}

const waits = (oldestSeconds: number) => ({ waiting: [{ lane: 'turns' as const, depth: 3, oldestSeconds }] });

describe('doctor, about the work,', () => {
  it('finds no fault where workers run and no work waits', () => {
    expect(verdicts({})).toEqual(['workers ok', 'sweep ok', 'backlog ok', 'letters ok']);
  });

  it.each([
    [5, 'ok'],
    [300, 'warning'],
    [1_000, 'failed'],
  ])('judges work that has waited for %i s with workers: %s', (seconds, verdict) => {
    expect(verdicts(waits(seconds))[2]).toBe(`backlog ${verdict}`);
  });

  it('fails for any waiting work, however recent, without workers', () => {
    expect(verdicts({ workers: 0, workerSeenMs: null, ...waits(0) })).toEqual([
      'workers failed',
      'sweep skipped',
      'backlog failed',
      'letters ok',
    ]);
  });

  it.each([null, 31_000])('fails with workers whose sweep was seen %s ms ago', (sweptMs) => {
    expect(verdicts({ sweptMs })[1]).toBe('sweep failed');
  });

  it('warns of dead letters, which an operator must read', () => {
    expect(verdicts({ deadLetters: 4 })[3]).toBe('letters warning');
  });
});
