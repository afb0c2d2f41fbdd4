import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RetryLaterError } from '../platform/errors/errors.js';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';

/** Commits that end when the test says so. */
class Commits {
  readonly begun: (readonly number[])[] = [];
  private readonly ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  most = 0;
  private inFlight = 0;

  readonly commit = async (items: readonly number[]): Promise<number[]> => {
    this.begun.push(items);
    this.most = Math.max(this.most, (this.inFlight += 1));
    try {
      await new Promise<void>((resolve, reject) => this.ends.push({ resolve, reject }));
    } finally {
      this.inFlight -= 1;
    }
    return items.map((item) => item * 10);
  };

  async end(error?: Error): Promise<void> {
    await turn();
    const next = this.ends.shift();
    if (!next) throw new Error('no commit is under way');
    if (error) next.reject(error);
    else next.resolve();
    await turn();
  }

  get waiting(): number {
    return this.ends.length;
  }
}

/** Runs everything that can run without waiting. */
async function turn(): Promise<void> {
  for (let pass = 0; pass < 3; pass += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Each item weighs its own value. */
const options: GroupCommitOptions<number> = {
  maxBatch: 3,
  maxBatchWeight: 1_000,
  maxWaiting: 100,
  maxWaitingWeight: 10_000,
  weigh: (item) => item,
  keyOf: String,
  timeoutMs: 1_000,
};
let commits: Commits;

beforeEach(() => {
  commits = new Commits();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

const group = (change: Partial<GroupCommitOptions<number>> = {}) =>
  new GroupCommit(commits.commit, { ...options, ...change });
const sumOf = (items: readonly number[]) => items.reduce((sum, item) => sum + item, 0);
/** The outcome so far. */
const soon = (added: Promise<unknown>) =>
  Promise.race([added.catch(codeOf), turn().then(() => 'no answer yet')]);
const codeOf = (error: unknown) => (error instanceof RetryLaterError ? error.code : String(error));

describe('GroupCommit', () => {
  it('commits items that arrive together as one, and gives each its own answer', async () => {
    const line = group();
    const answers = Promise.all([line.add(1), line.add(2), line.add(3)]);
    await commits.end();
    expect(await answers).toEqual([10, 20, 30]);
    expect(commits.begun).toEqual([[1, 2, 3]]);
  });

  it('lets items that arrive meanwhile wait, and commits them together next', async () => {
    const line = group();
    const first = line.add(1);
    await turn();
    const others = Promise.all([line.add(2), line.add(3)]);
    await turn();
    expect(commits.begun).toEqual([[1]]);
    await commits.end();
    expect(await first).toBe(10);
    expect(commits.begun).toEqual([[1], [2, 3]]);
    await commits.end();
    expect(await others).toEqual([20, 30]);
  });

  it('keeps the order, size and weight of a batch, and one commit at a time, however items arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(fc.constant('add' as const), fc.constant('end' as const), fc.constant('turn' as const)),
          { maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (script, maxBatch, maxBatchWeight) => {
          commits = new Commits();
          const line = group({ maxBatch, maxBatchWeight });
          const answers: Promise<number>[] = [];
          for (const action of script) {
            if (action === 'add') answers.push(line.add(answers.length));
            else if (action === 'turn') await turn();
            else if (commits.waiting > 0) await commits.end();
          }
          await turn();
          while (commits.waiting > 0) await commits.end();
          expect(await Promise.all(answers)).toEqual(answers.map((_, index) => index * 10));
          expect(commits.begun.flat()).toEqual(answers.map((_, index) => index));
          expect(commits.begun.every((batch) => batch.length >= 1 && batch.length <= maxBatch)).toBe(true);
          expect(commits.begun.every((batch) => batch.length === 1 || sumOf(batch) <= maxBatchWeight)).toBe(
            true,
          );
          expect(commits.most).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('fails only the items of the failed commit, and goes on', async () => {
    const line = group();
    const failing = Promise.allSettled([line.add(1), line.add(2)]);
    await turn();
    const next = line.add(3);
    await commits.end(new Error('disk full'));
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await commits.end();
    expect(await next).toBe(30);
  });

  it('lets no item wait longer than the time-out, and stores a late item all the same', async () => {
    const line = group();
    const first = line.add(1).catch(codeOf);
    await turn();
    const second = line.add(2).catch(codeOf);
    vi.advanceTimersByTime(options.timeoutMs);
    expect(await soon(first)).toBe('INBOX_SLOW');
    expect(await soon(second)).toBe('INBOX_SLOW');
    await commits.end();
    await commits.end();
    expect(commits.begun).toEqual([[1], [2]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses at once what exceeds the number that may wait, and accepts more when there is room', async () => {
    const line = group({ maxWaiting: 2 });
    const first = line.add(1);
    await turn();
    const waiting = [line.add(2), line.add(3)];
    expect(await soon(line.add(4))).toBe('INBOX_FULL');
    await commits.end();
    const late = line.add(5);
    await commits.end();
    await commits.end();
    expect(await Promise.all([first, ...waiting, late])).toEqual([10, 20, 30, 50]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses an item that would exceed the weight that may wait', async () => {
    const line = group({ maxWaitingWeight: 50 });
    const first = line.add(40);
    await turn();
    const second = line.add(45);
    expect(await soon(line.add(6))).toBe('INBOX_FULL');
    const third = line.add(5);
    await commits.end();
    await commits.end();
    expect(await Promise.all([first, second, third])).toEqual([400, 450, 50]);
  });

  it('gives each item its own time-out, with one timer for all', async () => {
    const line = group();
    const late: string[] = [];
    const first = line.add(1).catch((error: unknown) => late.push(`first ${codeOf(error)}`));
    await turn();
    vi.advanceTimersByTime(options.timeoutMs / 2);
    const second = line.add(2).catch((error: unknown) => late.push(`second ${codeOf(error)}`));
    vi.advanceTimersByTime(options.timeoutMs / 2);
    await first;
    expect(late).toEqual(['first INBOX_SLOW']);
    vi.advanceTimersByTime(options.timeoutMs / 2);
    await second;
    expect(late).toEqual(['first INBOX_SLOW', 'second INBOX_SLOW']);
    await commits.end();
    await commits.end();
  });

  describe('keeps the order of a key', () => {
    const text = { ...options, weigh: () => 1, keyOf: (item: number) => (item % 2 === 0 ? 'even' : 'odd') };
    const keyed = (change: Partial<GroupCommitOptions<number>> = {}) =>
      new GroupCommit(commits.commit, { ...text, ...change });
    const settledBy = (all: readonly Promise<number>[]) =>
      Promise.allSettled(all).then((results) => results.map(({ status }) => status));

    it('when a commit fails: the items waiting behind it fail too, and no others', async () => {
      const line = keyed();
      const first = [line.add(1), line.add(3), line.add(5)];
      const behind = [line.add(7), line.add(2), line.add(9)];
      const all = settledBy([...first, ...behind]);
      await commits.end(new Error('disk full'));
      await commits.end();
      expect(await all).toEqual(['rejected', 'rejected', 'rejected', 'rejected', 'fulfilled', 'rejected']);
      expect(commits.begun).toEqual([[1, 3, 5], [2]]);
      const again = settledBy([line.add(1)]);
      await commits.end();
      expect(await again).toEqual(['fulfilled']);
    });

    it('when one item of a commit fails', async () => {
      const line = new GroupCommit(
        (items: readonly number[]) =>
          Promise.resolve(items.map((item) => (item === 1 ? new Error('not this one') : item))),
        text,
      );
      const all = settledBy([line.add(2), line.add(1), line.add(4), line.add(3), line.add(6)]);
      expect(await all).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    });

    it('when one item is refused: lighter ones handed in with it are refused too, later ones are not', async () => {
      const line = keyed({ weigh: (item) => item, maxWaitingWeight: 50 });
      const together = settledBy([line.add(20), line.add(41), line.add(1), line.add(2)]);
      await commits.end();
      expect(await together).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      const later = settledBy([line.add(41), line.add(1)]);
      await commits.end();
      expect(await later).toEqual(['fulfilled', 'fulfilled']);
    });
  });

  it('rejects the items to which a commit gave no answer', async () => {
    const line = new GroupCommit((items: readonly number[]) => Promise.resolve(items.slice(0, 1)), options);
    const answers = await Promise.all([line.add(1).catch(codeOf), line.add(2).catch(codeOf)]);
    expect(answers).toEqual([1, 'INBOX_UNAVAILABLE']);
  });
});
