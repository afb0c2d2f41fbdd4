import { describe, expect, it } from 'vitest';
import { Metrics } from '../../platform/observability/metrics.js';
import { WindowRepository } from '../coalescing/window.repository.js';
import {
  conversation,
  messages,
  outcomes,
  room,
  texts,
  trigger as anyTrigger,
  useRoutingFixture,
  webhook,
} from './routing.fixture.js';
import { RoutingRepository } from './routing.repository.js';
import { RoutingService } from './routing.service.js';
import { WindowClosingService } from './window-closing.service.js';

useRoutingFixture();

/** One process. */
function newProcess(windows = new WindowRepository(room.prisma, room.ids)) {
  const { prisma, conversations } = room;
  const routes = new RoutingRepository(prisma);
  const routing = new RoutingService(prisma, routes, conversations, windows, new Metrics());
  const closing = new WindowClosingService(prisma, windows, routes, conversations);
  return { routing, closing };
}

/** A trigger whose windows wait for minutes. */
const trigger = (change: Parameters<typeof anyTrigger>[0] = {}) =>
  anyTrigger({
    key: 'payload.key',
    prompt: 'Alert {{payload.id}}',
    quietMs: 60_000,
    maxWaitMs: 120_000,
    maxEvents: 1_000,
    ...change,
  });
async function webhooks(...bodies: readonly object[]): Promise<bigint[]> {
  const ids: bigint[] = [];
  for (const body of bodies) ids.push(await webhook(body));
  return ids;
}
const alerts = (from: number, count: number, key = 'a') =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, key }));
async function route({ routing } = newProcess()): Promise<void> {
  while ((await routing.routeNext('shop')).isMore);
}
const close = ({ closing } = newProcess()) => closing.closeDue('shop');
const windows = () => room.prisma.coalescingWindow.findMany({ orderBy: { openedAt: 'asc' } });
/** The quiet time is over. */
const passTime = () =>
  room.pool.query(
    `UPDATE coalescing_windows SET opened_at = opened_at - interval '1 hour',
       changed_at = changed_at - interval '1 hour', closes_at = closes_at - interval '1 hour'`,
  );
const told = async () => (await texts()).map((text) => [...text.matchAll(/Alert (\d+)/g)].map((m) => m[1]));

describe('Webhooks of one key', () => {
  it('are told in one message, which every one of them has as its outcome', async () => {
    const { id } = await trigger();
    const ids = await webhooks(...alerts(1, 3), { id: 9, key: 'b' });
    await route();
    expect(await close()).toEqual({ conversationIds: [], isMore: false });
    expect(await messages()).toEqual([]);
    expect((await outcomes()).map(({ result, code, key }) => [result, code, key])).toEqual([
      ['accepted', 'COALESCING', 'a'],
      ['accepted', 'COALESCING', 'a'],
      ['accepted', 'COALESCING', 'a'],
      ['accepted', 'COALESCING', 'b'],
    ]);
    await passTime();
    expect(await close()).toEqual({ conversationIds: [conversation.id], isMore: false });
    expect(await told()).toEqual([['1', '2', '3'], ['9']]);
    const [first, second] = await messages();
    expect(first).toMatchObject({
      conversationId: conversation.id,
      kind: 'message',
      payload: { triggerId: id, key: 'a', source: 'shop' },
    });
    expect(await outcomes()).toMatchObject([
      ...ids.slice(0, 3).map((eventId) => ({ eventId, code: 'COALESCED', messageEventId: first?.id })),
      { code: 'COALESCED', messageEventId: second?.id },
    ]);
    expect(await windows()).toEqual([]);
    expect(await room.prisma.coalescedWebhook.count()).toBe(0);
    expect(await close()).toEqual({ conversationIds: [], isMore: false });
  });

  it('wait for one another until it has been quiet, but not longer than the longest wait', async () => {
    await trigger({ quietMs: 60_000, maxWaitMs: 90_000 });
    await webhooks(...alerts(1, 1));
    await route();
    const until = async () => {
      const [{ ms } = { ms: Number.NaN }] = await room.prisma.$queryRaw<{ ms: number }[]>`
        SELECT (extract(epoch FROM closes_at - opened_at) * 1000)::float8 AS ms FROM coalescing_windows`;
      return ms;
    };
    expect(await until()).toBeGreaterThanOrEqual(60_000);
    expect(await until()).toBeLessThan(90_000);
    await room.pool.query(`UPDATE coalescing_windows SET opened_at = opened_at - interval '89 seconds'`);
    await webhooks(...alerts(2, 1));
    await route();
    expect(await until()).toBe(90_000);
    expect(await windows()).toMatchObject([{ size: 2, isOpen: true }]);
  });

  it('fill a window, which is closed at once, and the next one', async () => {
    await trigger({ maxEvents: 2 });
    await webhooks(...alerts(1, 5));
    await route();
    expect((await windows()).map(({ size, isOpen }) => [size, isOpen])).toEqual([
      [2, false],
      [2, false],
      [1, true],
    ]);
    await close();
    expect(await told()).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('are each in one message, while two processes fill and close windows', async () => {
    await trigger({ maxEvents: 7 });
    const processes = [newProcess(), newProcess()];
    for (let round = 0; round < 6; round += 1) {
      await webhooks(...alerts(round * 20, 20, 'a'), ...alerts(1_000 + round * 5, 5, 'b'));
      await passTime();
      await Promise.allSettled(processes.flatMap((one) => [route(one), close(one), route(one), close(one)]));
    }
    await route();
    await passTime();
    while ((await windows()).length > 0) {
      await close();
      await room.pool.query(`UPDATE coalescing_windows SET changed_at = now(), closes_at = now()`);
    }
    const numbers = (await told()).flat().map(Number);
    expect(numbers.toSorted((one, other) => one - other)).toEqual([
      ...Array.from({ length: 120 }, (_, n) => n),
      ...Array.from({ length: 30 }, (_, n) => 1_000 + n),
    ]);
    // In the order of each key.
    for (const of of [numbers.filter((n) => n < 1_000), numbers.filter((n) => n >= 1_000)])
      expect(of).toEqual(of.toSorted((one, other) => one - other));
    expect(
      (await outcomes()).every(({ code, messageEventId }) => code === 'COALESCED' && messageEventId),
    ).toBe(true);
  });

  it('are left to the process that has their source', async () => {
    await trigger();
    await webhooks(...alerts(1, 1));
    await route();
    await passTime();
    await room.prisma.$transaction(async (tx) => {
      await new RoutingRepository(room.prisma).lockSource(tx, 'shop');
      await close();
    });
    expect(await messages()).toEqual([]);
    await close();
    expect(await told()).toEqual([['1']]);
  });

  it('are left to the process that has their window', async () => {
    await trigger();
    await webhooks(...alerts(1, 1));
    await route();
    await passTime();
    const [window] = await windows();
    await room.prisma.$transaction(async (tx) => {
      expect(await new WindowRepository(room.prisma, room.ids).lockDue(tx, window?.id ?? '')).toBe(1);
      const second = new WindowRepository(room.prisma, room.ids);
      expect(await room.prisma.$transaction((other) => second.lockDue(other, window?.id ?? ''))).toBeNull();
    });
  });

  it('are told although the clock of the database is set back', async () => {
    await trigger();
    await webhooks(...alerts(1, 1));
    await route();
    await room.pool.query(
      `UPDATE coalescing_windows SET changed_at = now() + interval '1 hour', closes_at = now() + interval '2 hours'`,
    );
    await close();
    expect(await told()).toEqual([['1']]);
  });

  it('have an outcome if their trigger or its conversation is gone', async () => {
    const removed = await trigger();
    await webhooks(...alerts(1, 2));
    await route();
    await room.prisma.trigger.delete({ where: { id: removed.id } });
    await trigger({ conversationId: crypto.randomUUID() });
    await webhooks(...alerts(3, 1));
    await route();
    await passTime();
    expect(await close()).toEqual({ conversationIds: [], isMore: false });
    expect((await outcomes()).map(({ result, code }) => [result, code])).toEqual([
      ['failed', 'TRIGGER_GONE'],
      ['failed', 'TRIGGER_GONE'],
      ['failed', 'TARGET_GONE'],
    ]);
    expect(await windows()).toEqual([]);
  });

  it('hold up no other window if their message cannot be made', async () => {
    await trigger();
    await webhooks(...alerts(1, 1, 'a'), ...alerts(2, 1, 'b'));
    await route();
    await passTime();
    const failing = new WindowRepository(room.prisma, room.ids);
    const lengths = failing.lengths.bind(failing);
    const [first] = await failing.due('shop', 1);
    failing.lengths = async (tx, id) => {
      if (id === first?.id) throw new Error('it cannot be read');
      return await lengths(tx, id);
    };
    await close(newProcess(failing));
    expect(await told()).toHaveLength(1);
    expect(await failing.due('shop', 9)).toEqual([]);
    await passTime();
    await close();
    expect(new Set((await told()).flat())).toEqual(new Set(['1', '2']));
  });

  it('are told in the order of their key, though an older window cannot be told now', async () => {
    await trigger({ maxEvents: 2 });
    await webhooks(...alerts(1, 6));
    await route();
    const failing = new WindowRepository(room.prisma, room.ids);
    const lengths = failing.lengths.bind(failing);
    const [first] = await failing.due('shop', 1);
    failing.lengths = async (tx, id) => {
      if (id === first?.id) throw new Error('it cannot be read');
      return await lengths(tx, id);
    };
    await close(newProcess(failing));
    await close();
    expect(await told()).toEqual([]);
    await passTime();
    await close();
    expect(await told()).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
  });

  it('wake the routing of their source when their time is over', async () => {
    const repository = new WindowRepository(room.prisma, room.ids);
    await trigger();
    await webhooks(...alerts(1, 1));
    await route();
    expect(await repository.dueSources()).toEqual([]);
    await passTime();
    expect(await repository.dueSources()).toEqual(['shop']);
  });
});

it('5,000 webhooks make one message that tells of each', async () => {
  await trigger({ maxEvents: 10_000 });
  const bodies = JSON.stringify(alerts(0, 5_000));
  await room.pool.query(
    `INSERT INTO events (source, external_id, kind, payload)
     SELECT 'webhook:shop', 'many-' || (b->>'id'), 'webhook', json_build_object('type', 'alert', 'body', b)
     FROM json_array_elements($1::json) AS b`,
    [bodies],
  );
  await route();
  await passTime();
  await close();
  const [numbers = []] = await told();
  expect(numbers.map(Number)).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
  expect(await messages()).toHaveLength(1);
});
