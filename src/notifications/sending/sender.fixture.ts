import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { NoJitter, SteeredClock } from '../../../test/support/steered.js';
import { Dialer } from '../../agent/tools/web/dialer.js';
import { HostResolver } from '../../agent/tools/web/host-resolver.js';
import { PublicHosts } from '../../agent/tools/web/public-hosts.js';
import { DatabaseSettings } from '../../platform/database/database.settings.js';
import { ServerSettings } from '../../platform/http/server.settings.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { SecretsKey } from '../../platform/secrets/secrets-key.js';
import { SecretsSettings } from '../../platform/secrets/secrets.settings.js';
import { EndpointRepository } from '../endpoints/endpoint.repository.js';
import { EndpointsService } from '../endpoints/endpoints.service.js';
import type { NotificationType } from '../notification-type.js';
import { DeliveryRepository } from './delivery.repository.js';
import { EndpointCaller } from './endpoint-caller.js';
import { EndpointHosts } from './endpoint-hosts.js';
import { NotificationSender } from './notification-sender.service.js';
import { NotificationSettings } from './notification.settings.js';

export interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Set while the suite runs: see `useSenderFixture`. */
export let room: Room;
export let endpoints: EndpointsService;
let server: Server;

/** The operators' server: the calls that it got, and its answer. */
export const receiver: {
  received: Received[];
  answer: (response: ServerResponse, call: Received) => void;
} = { received: [], answer: () => undefined };

/** Each test of the file has a database without endpoints, and a server that takes everything. */
export function useSenderFixture(): void {
  beforeAll(async () => {
    room = await Room.open();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call = { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() };
        receiver.received.push(call);
        receiver.answer(response, call);
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
    receiver.received = [];
    receiver.answer = (response) => response.writeHead(204).end();
    await room.pool.query(
      'TRUNCATE notifications, notification_endpoints, notification_deliveries, dead_letters',
    );
  });
}

function key(): SecretsKey {
  const settings = Object.assign(new SecretsSettings(), {
    secretsKey: Buffer.alloc(32, 7).toString('base64'),
  });
  return new SecretsKey(settings, new DatabaseSettings(), new ServerSettings());
}

/** The sender of one process. */
export function sender({
  privateAddresses = true,
  stopping = new Stopping(),
  Caller = EndpointCaller,
  repository = new DeliveryRepository(room.prisma),
} = {}): NotificationSender {
  const settings = Object.assign(new NotificationSettings(), { privateAddresses });
  const hosts = new EndpointHosts(new PublicHosts(new HostResolver()), settings);
  const clock = new SteeredClock();
  return new NotificationSender(
    repository,
    new Caller(hosts, new Dialer(), key()),
    clock,
    new NoJitter(),
    stopping,
    new SweepAdditions(),
  );
}
export const pass = async (one = sender()) => {
  const attempts = await one.run();
  await Promise.all(attempts);
  return attempts.length;
};

export function url(path = '/hook'): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}${path}`;
}
export const endpoint = (types: readonly NotificationType[], change: { url?: string } = {}) =>
  endpoints.create({ url: url(), description: null, enabled: true, types, ...change });
export const letter = (reason: string, subjectId: string = room.ids.next()) =>
  room.prisma.deadLetter.create({
    data: { id: room.ids.next(), kind: 'event', subjectId, reason, attempts: 1, lastError: 'it broke' },
  });
export const tell = (type: NotificationType, data: object) =>
  room.prisma.$executeRaw`SELECT tell_operators(${type}, ${JSON.stringify(data)}::json)`;
/** The pauses are over. */
export const passTime = () =>
  room.pool.query('UPDATE notification_deliveries SET available_at = deferred_at');
export const deliveries = () => room.prisma.notificationDelivery.findMany({ orderBy: { id: 'asc' } });
export const told = () =>
  receiver.received.map(({ body }): { type: string; data: object } => JSON.parse(body));
