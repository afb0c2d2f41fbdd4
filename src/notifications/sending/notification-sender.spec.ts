import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planOf } from '../../../test/support/query-plan.js';
import { Room } from '../../../test/support/room.js';
import { NoJitter, SteeredClock } from '../../../test/support/steered.js';
import { Dialer } from '../../agent/tools/web/dialer.js';
import { HostResolver } from '../../agent/tools/web/host-resolver.js';
import { PublicHosts } from '../../agent/tools/web/public-hosts.js';
import { DatabaseSettings } from '../../platform/database/database.settings.js';
import { ServerSettings } from '../../platform/http/server.settings.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { SecretsKey } from '../../triggers/sources/secrets-key.js';
import { SecretsSettings } from '../../triggers/sources/secrets.settings.js';
import { EndpointRepository } from '../endpoints/endpoint.repository.js';
import { EndpointsService } from '../endpoints/endpoints.service.js';
import type { NotificationType } from '../notification-type.js';
import { claimStatement, DeliveryRepository } from './delivery.repository.js';
import { EndpointCaller } from './endpoint-caller.js';
import { EndpointHosts } from './endpoint-hosts.js';
import { NotificationSender } from './notification-sender.service.js';
import { NotificationSettings } from './notification.settings.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let room: Room;
let server: Server;
let endpoints: EndpointsService;
let received: Received[];
let answer: (response: ServerResponse, call: Received) => void;

beforeAll(async () => {
  room = await Room.open();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      received.push(call);
      answer(response, call);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoints = new EndpointsService(new EndpointRepository(room.prisma), key(), room.ids);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await room.close();
});
beforeEach(async () => {
  received = [];
  answer = (response) => response.writeHead(204).end();
  await room.pool.query(
    'TRUNCATE notifications, notification_endpoints, notification_deliveries, dead_letters',
  );
});

function key(): SecretsKey {
  const settings = Object.assign(new SecretsSettings(), {
    secretsKey: Buffer.alloc(32, 7).toString('base64'),
  });
  return new SecretsKey(settings, new DatabaseSettings(), new ServerSettings());
}

/** The sender of one process. */
function sender({ privateAddresses = true } = {}): NotificationSender {
  const settings = Object.assign(new NotificationSettings(), { privateAddresses });
  const hosts = new EndpointHosts(new PublicHosts(new HostResolver()), settings);
  const clock = new SteeredClock();
  return new NotificationSender(
    new DeliveryRepository(room.prisma),
    new EndpointCaller(hosts, new Dialer(), key()),
    clock,
    new NoJitter(),
    new Stopping(),
    new SweepAdditions(),
  );
}
const pass = async (one = sender()) => {
  const attempts = await one.run();
  await Promise.all(attempts);
  return attempts.length;
};

function url(path = '/hook'): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}${path}`;
}
const endpoint = (types: readonly NotificationType[], change: { url?: string } = {}) =>
  endpoints.create({ url: url(), description: null, enabled: true, types, ...change });
const letter = (reason: string, subjectId: string = room.ids.next()) =>
  room.prisma.deadLetter.create({
    data: { id: room.ids.next(), kind: 'event', subjectId, reason, attempts: 1, lastError: 'it broke' },
  });
const tell = (type: NotificationType, data: object) =>
  room.prisma.$executeRaw`SELECT tell_operators(${type}, ${JSON.stringify(data)}::json)`;
/** The pauses are over. */
const passTime = () => room.pool.query('UPDATE notification_deliveries SET available_at = deferred_at');
const deliveries = () => room.prisma.notificationDelivery.findMany({ orderBy: { id: 'asc' } });
const told = () => received.map(({ body }): { type: string; data: object } => JSON.parse(body));

describe('A notification', () => {
  it('is sent to the endpoints of its type, signed by Standard Webhooks, once', async () => {
    const { secret } = await endpoint(['dead_letter.created', 'budget.passed']);
    await endpoint(['budget.passed']);
    const { id } = await letter('MODEL_401');
    expect(await pass()).toBe(1);
    expect(await pass()).toBe(0);
    const [call] = received;
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
    answer = (response) => response.writeHead(503).end('busy');
    await letter('X');
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      expect(await pass()).toBe(1);
      expect(await pass()).toBe(0);
      await passTime();
    }
    expect(await pass()).toBe(0);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveries()).toMatchObject([
      { state: 'failed', attempts: 8, status: 503, error: 'answered 503' },
    ]);
    const [{ endpointId, id } = { endpointId: '', id: 0n }] = await deliveries();
    await endpoints.redeliver(endpointId, id);
    answer = (response) => response.writeHead(200).end();
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
    expect(received).toHaveLength(2);
    // It was not dead after all.
    if (lost) await repository.recordFailed(lost, { status: 500, error: 'late', retryInMs: null });
    expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it('does not wait for the endpoint of another one, nor does the sweep', async () => {
    const { endpoint: slow } = await endpoint(['budget.passed'], { url: url('/slow') });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    answer = (response) => void held.then(() => response.writeHead(204).end());
    const one = sender();
    await tell('budget.passed', {});
    const [attempt] = await one.run();
    await tell('budget.passed', {});
    await endpoint(['endpoint.disabled']);
    await tell('endpoint.disabled', {});
    answer = (response) => response.writeHead(204).end();
    expect(await pass(one)).toBe(1);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['pending', 'pending', 'delivered']);
    release();
    await attempt;
    expect(await pass(one)).toBe(1);
    expect((await deliveries()).every(({ state }) => state === 'delivered')).toBe(true);
    expect(slow.url).toContain('/slow');
  });

  it('follows no redirect, and reads no body', async () => {
    await endpoint(['budget.passed']);
    answer = (response) =>
      response.writeHead(307, { location: url('/elsewhere') }).end('x'.repeat(1_000_000));
    await tell('budget.passed', {});
    await pass();
    expect(received).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: 'pending', status: 307 }]);
  });

  it('does not leave the public internet unless the settings allow it', async () => {
    await endpoint(['budget.passed']);
    await tell('budget.passed', {});
    await pass(sender({ privateAddresses: false }));
    expect(received).toEqual([]);
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

describe('An endpoint', () => {
  it('that is gone is disabled, with what waits for it, and that is told', async () => {
    const { endpoint: gone } = await endpoint(['budget.passed', 'endpoint.disabled']);
    answer = (response) => response.writeHead(410).end();
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
    answer = (response) => response.writeHead(500).end();
    await tell('budget.passed', {});
    await pass();
    expect((await endpoints.get(failing.id)).failingSince).not.toBeNull();
    const age = () =>
      room.pool.query(
        `UPDATE notification_endpoints SET failing_since = failing_since - interval '121 hours'`,
      );
    answer = (response) => response.writeHead(200).end();
    await age();
    await passTime();
    await pass();
    expect(await endpoints.get(failing.id)).toMatchObject({ enabled: true, failingSince: null });
    answer = (response) => response.writeHead(500).end();
    await tell('budget.passed', {});
    await pass();
    await age();
    await passTime();
    await pass();
    expect(await endpoints.get(failing.id)).toMatchObject({ enabled: false });
    expect(await endpoints.change(failing.id, { enabled: true })).toMatchObject({ failingSince: null });
  });

  it('with a new secret is also signed for with the former one, for a day', async () => {
    const { endpoint: rotated, secret } = await endpoint(['budget.passed']);
    const { secret: renewed } = await endpoints.rotate(rotated.id);
    const signatures = async () => {
      await tell('budget.passed', {});
      await pass();
      const call = received.at(-1);
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
