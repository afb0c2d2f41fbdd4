import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

import {
  deliveries,
  endpoint,
  endpoints,
  pass,
  passTime,
  receiver,
  room,
  tell,
  told,
  url,
  useSenderFixture,
} from './sender.fixture.js';

useSenderFixture();

describe('An endpoint', () => {
  it('that is gone is disabled, with what waits for it, and that is told', async () => {
    const { endpoint: gone } = await endpoint(['budget.passed', 'endpoint.disabled']);
    receiver.answer = (response) => response.writeHead(410).end();
    await tell('budget.passed', {});
    await pass();
    expect(await endpoints.get(gone.id)).toMatchObject({ enabled: false });
    expect(await deliveries()).toMatchObject([{ state: 'failed', error: 'ENDPOINT_GONE' }]);
    expect(await room.prisma.notification.findMany({ where: { type: 'endpoint.disabled' } })).toMatchObject([
      { data: { endpointId: gone.id, code: 'ENDPOINT_GONE' }, alertedAt: null },
    ]);
  });

  it('that fails for more than five days is disabled; a success starts the days anew', async () => {
    const { endpoint: failing } = await endpoint(['budget.passed']);
    receiver.answer = (response) => response.writeHead(500).end();
    await tell('budget.passed', {});
    await pass();
    expect((await endpoints.get(failing.id)).failingSince).not.toBeNull();
    const age = () =>
      room.pool.query(
        `UPDATE notification_endpoints SET failing_since = failing_since - interval '121 hours'`,
      );
    receiver.answer = (response) => response.writeHead(200).end();
    await age();
    await passTime();
    await pass();
    expect(await endpoints.get(failing.id)).toMatchObject({ enabled: true, failingSince: null });
    receiver.answer = (response) => response.writeHead(500).end();
    await tell('budget.passed', {});
    await pass();
    await age();
    await passTime();
    await pass();
    expect(await endpoints.get(failing.id)).toMatchObject({ enabled: false });
    expect(await endpoints.change(failing.id, { enabled: true })).toMatchObject({ failingSince: null });
  });

  it('with another URL starts the days anew', async () => {
    const { endpoint: moved } = await endpoint(['budget.passed']);
    await room.pool.query(`UPDATE notification_endpoints SET failing_since = now() - interval '121 hours'`);
    await endpoints.change(moved.id, { url: url('/new') });
    receiver.answer = (response) => response.writeHead(500).end();
    await tell('budget.passed', {});
    await pass();
    expect(receiver.received).toMatchObject([{ url: '/new' }]);
    expect(await endpoints.get(moved.id)).toMatchObject({ enabled: true });
  });

  it('can be tried, whichever types it wants; no other one and no alert is told', async () => {
    const { endpoint: tried } = await endpoint(['budget.passed']);
    await endpoint(['budget.passed'], { url: url('/other') });
    const id = await endpoints.test(tried.id);
    expect(await pass()).toBe(1);
    expect(told()).toMatchObject([{ type: 'endpoint.test', data: { endpointId: tried.id } }]);
    expect(await endpoints.deliveries(tried.id, null, 10)).toMatchObject([
      { id, type: 'endpoint.test', state: 'delivered' },
    ]);
    expect(await room.prisma.notification.count({ where: { alertedAt: null } })).toBe(0);
  });

  it('that is disabled is neither tried nor sent anything again', async () => {
    const { endpoint: disabled } = await endpoint(['budget.passed']);
    await tell('budget.passed', {});
    await pass();
    const [{ id } = { id: 0n }] = await deliveries();
    await endpoints.change(disabled.id, { enabled: false });
    await expect(endpoints.redeliver(disabled.id, id)).rejects.toMatchObject({ code: 'ENDPOINT_DISABLED' });
    await expect(endpoints.test(disabled.id)).rejects.toMatchObject({ code: 'ENDPOINT_DISABLED' });
    expect(await deliveries()).toMatchObject([{ state: 'delivered' }]);
  });

  it('with a new secret is also signed for with the former one, for a day', async () => {
    const { endpoint: rotated, secret } = await endpoint(['budget.passed']);
    const { secret: renewed } = await endpoints.rotate(rotated.id);
    const signatures = async () => {
      await tell('budget.passed', {});
      await pass();
      const call = receiver.received.at(-1);
      const [id, at] = [String(call?.headers['webhook-id']), Number(call?.headers['webhook-timestamp'])];
      const by = (one: string) => new Webhook(one).sign(id, new Date(at * 1_000), call?.body ?? '');
      return { sent: call?.headers['webhook-signature'], former: by(secret), present: by(renewed) };
    };
    const during = await signatures();
    expect(during.sent).toBe(`${during.present} ${during.former}`);
    await room.pool.query(`UPDATE notification_endpoints SET rotated_at = rotated_at - interval '25 hours'`);
    const after = await signatures();
    expect(after.sent).toBe(after.present);
  });
});
