import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { keepOwners } from './kept-owners.js';
import { ownerOfStrayError, StrayError, withOwner } from './stray-errors.js';

beforeAll(() => {
  keepOwners((error) => ownerOfStrayError()?.fail(new StrayError(error)));
});

/** The first stray error of the work. */
async function strayedFrom(work: () => unknown): Promise<string> {
  return await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('its owner is not told')), 5_000).unref();
    withOwner({ name: 'work', fail: ({ message }) => resolve(message) }, work);
  });
}

const oops = (): never => {
  throw new Error('oops');
};
const thread = (code: string): Worker =>
  new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } });

describe('The owner of an error is known, even if Node.js forgets the context of', () => {
  it('a microtask', async () => {
    expect(await strayedFrom(() => queueMicrotask(oops))).toBe('oops');
  });

  it('a microtask that a timer queues', async () => {
    expect(await strayedFrom(() => setTimeout(() => queueMicrotask(oops), 1))).toBe('oops');
  });

  it('a listener to the end of a thread', async () => {
    expect(await strayedFrom(() => thread('').on('exit', oops))).toBe('oops');
  });

  it('a thread that runs out of memory', async () => {
    const code = 'const all = []; for (;;) all.push(new Array(100_000).fill(1));';
    expect(await strayedFrom(() => thread(code))).toContain('memory');
  });
});

describe('Without an owner', () => {
  it('a microtask is unchanged', async () => {
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    expect(() => Reflect.apply(queueMicrotask, null, ['no function'])).toThrow(/function/);
  });
});
