import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describeOnEachBackend('Operators', (backend) => {
  let world: World;
  let server: Server;
  let secret: string;
  const alerts = newChatId();
  /** What their server has verified. */
  const told: Told[] = [];
  let refused = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        try {
          const verified: unknown = new Webhook(secret).verify(Buffer.concat(chunks), headers);
          const { type, data }: { readonly type?: unknown; readonly data?: unknown } = Object(verified);
          told.push({ type: String(type), data: { ...Object(data) } });
          response.writeHead(200).end();
        } catch {
          refused += 1;
          response.writeHead(401).end();
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    world = await World.start(backend, {
      NOTIFICATIONS_PRIVATE_ADDRESSES: 'true',
      ALERTS_CHAT: String(alerts),
    });
    const { body } = await world
      .admin('notification-endpoints', 'post')
      .send({
        url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/told`,
        types: ['turn.finished', 'reply.sent', 'dead_letter.created', 'approval.needed'],
      })
      .expect(201);
    secret = body.secret;
  });
  afterAll(async () => {
    await world.stop();
    server.close();
  });

  const of = (type: string, conversationId: string) =>
    told.filter((one) => one.type === type && one.data['conversationId'] === conversationId);

  it('are told of a turn and its reply, by webhooks that their library verifies', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    await eventually(() => {
      expect(of('turn.finished', id)).toMatchObject([
        { data: { state: 'done', code: null, model: 'double' } },
      ]);
      expect(of('reply.sent', id)).toMatchObject([{ data: { state: 'sent', part: 0 } }]);
    });
    expect(of('turn.finished', id)[0]?.data['turnId']).toBe(of('reply.sent', id)[0]?.data['turnId']);
    expect(refused).toBe(0);
    expect(JSON.stringify(told)).not.toContain('hello');
  });

  it('are told of a dead letter, there and in the chat of alerts', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { status: 401 });
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    await eventually(() =>
      expect(of('dead_letter.created', id)).toMatchObject([{ data: { kind: 'turn', reason: 'MODEL_401' } }]),
    );
    await eventually(() =>
      expect(world.telegram.textsOf(alerts).join()).toContain('1 dead letter: MODEL_401'),
    );
    expect(of('turn.finished', id)).toMatchObject([{ data: { state: 'failed', code: 'MODEL_401' } }]);
  });

  it('find each delivery, and never the secret again', async () => {
    const { body: list } = await world.admin('notification-endpoints').expect(200);
    const [endpoint] = list.items;
    expect(JSON.stringify(list)).not.toContain('whsec_');
    const path = `notification-endpoints/${endpoint.id}`;
    await eventually(async () => {
      const { body } = await world.admin(`${path}/deliveries?limit=200`).expect(200);
      const items: readonly { readonly state: string; readonly attempts: number }[] = body.items;
      expect(items.length).toBeGreaterThan(3);
      expect(items.every(({ state, attempts }) => state === 'delivered' && attempts === 1)).toBe(true);
    });
    const before = told.length;
    const { body } = await world.admin(`${path}/deliveries`).expect(200);
    await world.admin(`${path}/deliveries/${body.items[0].id}/redeliver`, 'post').expect(202);
    await eventually(() => expect(told.length).toBe(before + 1));
    await world.admin(`${path}/deliveries/999999/redeliver`, 'post').expect(404);
    await world.admin('notification-endpoints/0192d3a4-0000-7000-8000-000000000000').expect(404);
    await world
      .admin('notification-endpoints', 'post')
      .send({ url: 'ftp://example.com', types: ['reply.sent'] })
      .expect(400);
    await world
      .admin('notification-endpoints', 'post')
      .send({ url: 'https://example.com', types: ['nothing'] })
      .expect(400);
    const { body: tried } = await world.admin(`${path}/test`, 'post').expect(202);
    await eventually(() => expect(told.at(-1)?.type).toBe('endpoint.test'));
    await eventually(async () => {
      const { body: page } = await world.admin(`${path}/deliveries?limit=1`).expect(200);
      expect(page.items).toMatchObject([{ id: tried.deliveryId, type: 'endpoint.test', state: 'delivered' }]);
    });
    await world.admin(path, 'patch').send({ enabled: false }).expect(200);
    await world.admin(`${path}/test`, 'post').expect(409);
    await world.admin(`${path}/deliveries/${body.items[0].id}/redeliver`, 'post').expect(409);
    await world.admin(path, 'delete').expect(204);
    await world.admin(path).expect(404);
  });
});
