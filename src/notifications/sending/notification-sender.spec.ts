import { type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { planOf } from '../../../test/support/query-plan.js';
import { GRACE_MS, Stopping } from '../../platform/runtime/stopping.js';
import { type ClaimedDelivery, claimStatement, DeliveryRepository } from './delivery.repository.js';
import { EndpointCaller } from './endpoint-caller.js';

import {
  deliveries,
  endpoint,
  endpoints,
  letter,
  pass,
  passTime,
  receiver,
  room,
  sender,
  tell,
  told,
  url,
  useSenderFixture,
} from './sender.fixture.js';

useSenderFixture();
afterEach(() => vi.useRealTimers());

/** Counts claims that overlap. */
class CountingRepository extends DeliveryRepository {
  most = 0;
  private open = 0;

  override async claim(...args: Parameters<DeliveryRepository['claim']>): Promise<ClaimedDelivery[]> {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    try {
      return await super.claim(...args);
    } finally {
      this.open -= 1;
    }
  }
}

class HastyCaller extends EndpointCaller {
  protected override readonly timeoutMs = 100;
}

describe('A notification', () => {
  it('is sent to the endpoints of its type, signed by Standard Webhooks, once', async () => {
    const { secret } = await endpoint(['dead_letter.created', 'budget.passed']);
    await endpoint(['budget.passed']);
    const { id } = await letter('MODEL_401');
    expect(await pass()).toBe(1);
    expect(await pass()).toBe(0);
    const [call] = receiver.received;
    const headers = Object.fromEntries(
      Object.entries(call?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    // The clock of the test stands still.
    const verified = new Webhook(secret).sign(
      headers['webhook-id'] ?? '',
      new Date(Number(headers['webhook-timestamp']) * 1_000),
      call?.body ?? '',
    );
    expect(headers['webhook-signature']).toBe(verified);
    expect(headers['content-type']).toBe('application/json');
    expect(told()).toMatchObject([
      {
        type: 'dead_letter.created',
        timestamp: expect.any(String),
        data: { deadLetterId: id, reason: 'MODEL_401' },
      },
    ]);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 1, status: 204 }]);
  });

  it('is not written where what it tells of is rolled back', async () => {
    await endpoint(['dead_letter.created']);
    await room.prisma
      .$transaction(async (tx) => {
        await tx.deadLetter.create({
          data: {
            id: room.ids.next(),
            kind: 'event',
            subjectId: '1',
            reason: 'X',
            attempts: 1,
            lastError: 'x',
          },
        });
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(await room.prisma.notification.count()).toBe(0);
  });

  it('of what happens in each turn is written for an endpoint that wants it alone', async () => {
    await tell('turn.finished', {});
    expect(await room.prisma.notification.count()).toBe(0);
    const { endpoint: wanting } = await endpoint(['turn.finished']);
    await tell('turn.finished', {});
    expect(await deliveries()).toHaveLength(1);
    await endpoints.change(wanting.id, { enabled: false });
    await tell('turn.finished', {});
    expect(await deliveries()).toHaveLength(1);
  });

  it('is sent again with the same id after failures, then given up', async () => {
    await endpoint(['dead_letter.created']);
    receiver.answer = (response) => response.writeHead(503).end('busy');
    await letter('X');
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      expect(await pass()).toBe(1);
      expect(await pass()).toBe(0);
      await passTime();
    }
    expect(await pass()).toBe(0);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveries()).toMatchObject([
      { state: 'failed', attempts: 8, status: 503, error: 'answered 503' },
    ]);
    const [{ endpointId, id } = { endpointId: '', id: 0n }] = await deliveries();
    await endpoints.redeliver(endpointId, id);
    receiver.answer = (response) => response.writeHead(200).end();
    expect(await pass()).toBe(1);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]);
  });

  it('is sent by one of two processes, and again when the one that had it died', async () => {
    await endpoint(['dead_letter.created']);
    await letter('X');
    const [one, other] = await Promise.all([pass(), pass()]);
    expect(one + other).toBe(1);
    await letter('Y');
    const repository = new DeliveryRepository(room.prisma);
    const [lost] = await repository.claim(4, []);
    expect(await pass()).toBe(0);
    await passTime();
    expect(await pass()).toBe(1);
    expect(receiver.received).toHaveLength(2);
    // It was not dead after all.
    if (lost) await repository.recordFailed(lost, { status: 500, error: 'late', retryInMs: null });
    expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it('does not wait for the endpoint of another one, nor does the sweep', async () => {
    const { endpoint: slow } = await endpoint(['budget.passed'], { url: url('/slow') });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    receiver.answer = (response) => void held.then(() => response.writeHead(204).end());
    const one = sender();
    await tell('budget.passed', {});
    const [attempt] = await one.run();
    await tell('budget.passed', {});
    await endpoint(['endpoint.disabled']);
    await tell('endpoint.disabled', {});
    receiver.answer = (response) => response.writeHead(204).end();
    expect(await pass(one)).toBe(1);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['pending', 'pending', 'delivered']);
    release();
    await attempt;
    await eventually(async () =>
      expect((await deliveries()).every(({ state }) => state === 'delivered')).toBe(true),
    );
    expect(slow.url).toContain('/slow');
  });

  it('follows the former one at once while its endpoint answers well, four at a time', async () => {
    await endpoint(['budget.passed']);
    await endpoint(['endpoint.disabled'], { url: url('/other') });
    const waiting: ServerResponse[] = [];
    receiver.answer = (response) => void waiting.push(response);
    for (let n = 0; n < 10; n += 1) {
      await tell('budget.passed', { n });
      await tell('endpoint.disabled', { n });
    }
    // Two passes at once, as of a sweep that was late.
    const repository = new CountingRepository(room.prisma);
    const one = sender({ repository });
    await Promise.all([one.run(), one.run()]);
    for (let sent = 0; sent < 20;) {
      await eventually(() => expect(waiting.length).toBe(Math.min(8, 20 - sent)));
      sent += waiting.length;
      for (const response of waiting.splice(0)) response.writeHead(204).end();
    }
    // A claim that knew nothing of another one would take four more.
    expect(repository.most).toBe(1);
    await eventually(async () =>
      expect((await deliveries()).every(({ state }) => state === 'delivered')).toBe(true),
    );
  });

  it('waits for the next pass when one of its endpoint failed, though another endpoint answers well', async () => {
    await endpoint(['budget.passed'], { url: url('/failing') });
    await endpoint(['endpoint.disabled']);
    receiver.answer = (response, { url: path }) => response.writeHead(path === '/failing' ? 500 : 204).end();
    for (let n = 0; n < 12; n += 1) {
      await tell('budget.passed', { n });
      await tell('endpoint.disabled', { n });
    }
    await pass();
    await eventually(async () =>
      expect((await deliveries()).filter(({ state }) => state === 'delivered')).toHaveLength(12),
    );
    expect(receiver.received.filter(({ url: path }) => path === '/failing')).toHaveLength(4);
  });

  it('that is not answered in time has failed', async () => {
    await endpoint(['budget.passed']);
    receiver.answer = () => undefined;
    await tell('budget.passed', {});
    await pass(sender({ Caller: HastyCaller }));
    expect(await deliveries()).toMatchObject([{ state: 'pending', attempts: 1, error: 'TIMEOUT' }]);
  });

  it('does not hold up the end of the process, and is sent again, with the same id', async () => {
    const { endpoint: slow } = await endpoint(['budget.passed']);
    const stopping = new Stopping();
    receiver.answer = () => undefined;
    await tell('budget.passed', {});
    const [attempt] = await sender({ stopping }).run();
    await eventually(() => expect(receiver.received).toHaveLength(1));
    stopping.onModuleDestroy();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ending = stopping.beforeApplicationShutdown();
    vi.advanceTimersByTime(GRACE_MS);
    vi.useRealTimers();
    await Promise.all([attempt, ending]);
    expect(await deliveries()).toMatchObject([{ state: 'pending', error: null }]);
    expect(await endpoints.get(slow.id)).toMatchObject({ failingSince: null });
    receiver.answer = (response) => response.writeHead(204).end();
    await passTime();
    expect(await pass()).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('follows no redirect, and reads no body', async () => {
    await endpoint(['budget.passed']);
    receiver.answer = (response) =>
      response.writeHead(307, { location: url('/elsewhere') }).end('x'.repeat(1_000_000));
    await tell('budget.passed', {});
    await pass();
    expect(receiver.received).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: 'pending', status: 307 }]);
  });

  it('does not leave the public internet unless the settings allow it', async () => {
    await endpoint(['budget.passed']);
    await tell('budget.passed', {});
    await pass(sender({ privateAddresses: false }));
    expect(receiver.received).toEqual([]);
    expect(await deliveries()).toMatchObject([
      { state: 'pending', status: null, error: 'FETCH_ADDRESS_REFUSED' },
    ]);
  });
});

it('The search for due deliveries reads no others, and is not misled by a clock that is set back', async () => {
  const { endpoint: failing } = await endpoint(['budget.passed']);
  await room.pool.query(
    `INSERT INTO notification_deliveries (endpoint_id, notification_id, available_at, deferred_at)
     SELECT $1, -n, now() + interval '1 hour', now() FROM generate_series(1, 20000) AS n`,
    [failing.id],
  );
  await room.pool.query('ANALYZE notification_deliveries');
  await tell('budget.passed', {});
  expect(await pass()).toBe(1);
  await tell('budget.passed', {});
  await room.pool.query(
    `UPDATE notification_deliveries SET deferred_at = now() + interval '1 hour', available_at = now() + interval '2 hours'
     WHERE notification_id > 0 AND state = 'pending'`,
  );
  expect(await pass()).toBe(1);
  const { pages } = await planOf(room.prisma, claimStatement(4, []));
  expect(pages).toBeLessThan(100);
});
