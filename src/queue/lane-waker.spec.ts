import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../test/support/backends.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { describeWithRedis } from '../../test/support/redis.js';
import { lanes as laneNames } from './lanes.js';

describeOnEachBackend('LaneWaker', (backend) => {
  let lanes: Lanes;

  beforeAll(async () => {
    lanes = await Lanes.openAlone(backend);
  });
  afterEach(() => lanes.rest());
  afterAll(() => lanes.close());

  const waiting = async () => {
    const { waiting: now = 0, delayed = 0 } = await lanes.queues.turns.getJobCounts('waiting', 'delayed');
    return now + delayed;
  };

  it('wakes each lane with the conversation and nothing else', async () => {
    const id = randomUUID();
    for (const lane of laneNames) {
      lanes.waker.wake(lane, id);
      await eventually(async () => {
        const jobs = await lanes.queues[lane].getJobs(['waiting', 'delayed', 'prioritized']);
        expect(jobs.map(({ data }) => data)).toEqual([{ conversationId: id }]);
      });
    }
  });

  it('keeps an appointment for each lane of each conversation', async () => {
    const ids = [randomUUID(), randomUUID()];
    const later = [30, 10, 20];
    for (const delayMs of later) for (const id of ids) lanes.waker.wakeLater('turns', id, delayMs);
    lanes.waker.wakeLater('summaries', ids[0] ?? '', 20);
    await eventually(async () => {
      const jobs = await lanes.queues.turns.getJobs(['waiting', 'delayed', 'prioritized']);
      expect(new Set(jobs.map(({ data }) => data.conversationId))).toEqual(new Set(ids));
      expect(await lanes.queues.summaries.getJobs(['waiting', 'delayed', 'prioritized'])).toHaveLength(1);
    });
  });

  it('keeps one job for a conversation however often it is woken before it runs', async () => {
    const ids = [randomUUID(), randomUUID()];
    for (let round = 0; round < 5; round += 1) {
      for (const id of ids) lanes.waker.wake('turns', id);
      await eventually(async () => expect(await waiting()).toBe(2));
    }
    expect(await waiting()).toBe(2);
  });

  it('turns five wake-ups during a run into one more run, which begins after it', async () => {
    const id = randomUUID();
    const sentinel = randomUUID();
    const ran: string[] = [];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let inside = 0;
    let most = 0;
    await lanes.work('turns', async (conversationId) => {
      ran.push(conversationId);
      if (conversationId !== id) return;
      most = Math.max(most, (inside += 1));
      await held;
      inside -= 1;
    });
    lanes.waker.wake('turns', id);
    await eventually(() => expect(ran).toContain(id));
    for (let wake = 0; wake < 5; wake += 1) {
      lanes.waker.wake('turns', id);
      // Each goes to the queue by itself: the sentinel of the same lane comes behind it.
      lanes.waker.wake('turns', `${sentinel}-${wake}`);
      await eventually(() => expect(ran).toContain(`${sentinel}-${wake}`));
    }
    goOn();
    await eventually(() => expect(ran.filter((each) => each === id)).toHaveLength(2));
    lanes.waker.wake('turns', sentinel);
    await eventually(() => expect(ran).toContain(sentinel));
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(ran.filter((each) => each === id)).toHaveLength(2);
    expect(most).toBe(1);
  });

  it('lets the lane look again after a pause, even when asked while the lane is active', async () => {
    const id = randomUUID();
    const began: number[] = [];
    await lanes.work('turns', async () => {
      began.push(performance.now());
      if (began.length === 1) lanes.waker.wakeLater('turns', id, 700);
      await eventually(async () => expect(await lanes.queues.turns.getActiveCount()).toBeGreaterThan(0));
    });
    lanes.waker.wake('turns', id);
    await eventually(() => expect(began).toHaveLength(2));
    expect((began[1] ?? 0) - (began[0] ?? 0)).toBeGreaterThanOrEqual(650);
  });

  it('looks at once when asked to, whatever was put off', async () => {
    const id = randomUUID();
    const ran: string[] = [];
    await lanes.work('turns', (each) => Promise.resolve(ran.push(each)));
    lanes.waker.wakeLater('turns', id, 86_400_000);
    lanes.waker.wake('turns', id);
    await eventually(() => expect(ran).toContain(id));
  });

  it('keeps the earliest of several appointments', async () => {
    const id = randomUUID();
    const ran: string[] = [];
    await lanes.work('turns', (each) => Promise.resolve(ran.push(each)));
    for (const delayMs of [86_400_000, 50, 3_600_000]) lanes.waker.wakeLater('turns', id, delayMs);
    await eventually(() => expect(ran).toContain(id));
  });

  it('wakes thousands in the order of their calls', async () => {
    const ids = Array.from({ length: 1_200 }, () => randomUUID());
    for (const id of ids) lanes.waker.wake('turns', id);
    await eventually(async () => expect(await waiting()).toBe(ids.length));
    const ran: string[] = [];
    await lanes.work('turns', (id) => Promise.resolve(ran.push(id)), 1);
    await eventually(() => expect(ran).toHaveLength(ids.length), { withinMs: 50_000 });
    expect(ran).toEqual(ids);
  });
});

describeWithRedis('LaneWaker without its Redis', () => {
  it('keeps no wake-up that the sweep will find, and wakes again once Redis is back', async () => {
    const lanes = await Lanes.openAlone('redis');
    const { redis } = lanes;
    if (!redis) throw new Error('no Redis');
    try {
      const ran: string[] = [];
      await lanes.work('turns', (conversationId) => Promise.resolve(ran.push(conversationId)));
      await redis.kill();
      await eventually(() => expect(lanes.backend.reachable).toBe(false));
      for (let wake = 0; wake < 10_000; wake += 1) lanes.waker.wake('turns', randomUUID());
      const id = randomUUID();
      await redis.start();
      await eventually(() => {
        lanes.waker.wake('turns', id);
        expect(ran).toContain(id);
      });
      expect(new Set(ran)).toEqual(new Set([id]));
    } finally {
      await lanes.close();
    }
  });
});
