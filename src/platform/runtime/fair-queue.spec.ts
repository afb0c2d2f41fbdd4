import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

/** A queue, and the order in which its work was begun. */
function queueOf() {
  const queue = new FairQueue<string>();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const add = (owner: string, name: string) =>
    queue.run(owner, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    for (let tick = 0; tick < 10; tick += 1) await Promise.resolve();
  };
  return { begun, add, endOne };
}

describe('A fair queue', () => {
  it('runs one piece of work at a time, and those of one owner in their order', async () => {
    const { begun, add, endOne } = queueOf();
    const all = ['a1', 'a2', 'a3'].map((name) => add('a', name));
    for (let done = 1; done <= 3; done += 1) {
      expect(begun).toEqual(['a1', 'a2', 'a3'].slice(0, done));
      await endOne();
    }
    await Promise.all(all);
  });

  it('lets the one piece of another owner go before the many of the first, and then takes turns', async () => {
    const { begun, add, endOne } = queueOf();
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void add('a', name);
    for (const name of ['b1', 'b2', 'c1']) void add(name[0] ?? '', name);
    for (let done = 0; done < 8; done += 1) await endOne();
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4', 'a5']);
  });

  it('lets no owner wait for ever, however many new ones come', async () => {
    const { begun, add, endOne } = queueOf();
    void add('a', 'a1');
    void add('a', 'a2');
    for (let other = 0; other < 20; other += 1) {
      void add(`new ${other}`, `new ${other}`);
      await endOne();
    }
    expect(begun.indexOf('a2')).toBeLessThan(3);
  });

  it('goes on when a piece of work fails', async () => {
    const queue = new FairQueue<string>();
    const failing = queue.run('a', () => Promise.reject(new Error('broken')));
    const next = queue.run('b', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
