import { beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../../../test/support/query-plan.js';
import { newChatId } from '../../../test/support/updates.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { PrismaService } from '../../platform/database/prisma.service.js';
import { Metrics } from '../../platform/observability/metrics.js';
import { COUNT_WAITING_WEBHOOKS } from '../receiving/webhook.repository.js';
import { WindowRepository } from '../coalescing/window.repository.js';
import {
  conversation,
  messages,
  outcomes,
  room,
  texts,
  trigger,
  useRoutingFixture,
  webhook,
} from './routing.fixture.js';
import {
  RoutingRepository,
  waitingSourcesStatement,
  waitingWebhooksStatement,
} from './routing.repository.js';
import { RoutingService } from './routing.service.js';

let routing: RoutingService;

useRoutingFixture();

const processWith = (prisma: PrismaService, routes: RoutingRepository) =>
  new RoutingService(
    prisma,
    routes,
    room.conversations,
    new WindowRepository(prisma, room.ids),
    new Metrics(),
  );
const newProcess = () => processWith(room.prisma, new RoutingRepository(room.prisma));

beforeAll(() => {
  routing = newProcess();
});

const states = async () =>
  (await room.prisma.event.findMany({ where: { kind: 'webhook' }, orderBy: { id: 'asc' } })).map(
    ({ state }) => state,
  );

describe('Routing', () => {
  it('makes a message of a webhook in the target’s conversation, in the order of arrival', async () => {
    const { id, name } = await trigger({
      instruction: 'Thank them.',
      key: 'payload.id',
      filter: 'payload.id > 1',
    });
    const ids = [await webhook({ id: 1 }), await webhook({ id: 2 }), await webhook({ id: 3 })];
    expect(await routing.routeNext('shop')).toEqual({ conversationIds: [conversation.id], isMore: false });
    expect(await messages()).toMatchObject([
      {
        externalId: `${id}:${ids[1]}`,
        conversationId: conversation.id,
        kind: 'message',
        state: 'waiting',
        payload: {
          triggerId: id,
          trigger: name,
          source: 'shop',
          key: '2',
          instruction: 'Thank them.',
          text: 'Order 2',
        },
      },
      { payload: { text: 'Order 3' } },
    ]);
    const [second] = await messages();
    expect(await outcomes()).toMatchObject([
      { eventId: ids[0], triggerId: id, result: 'filtered', code: 'FILTER_FALSE', messageEventId: null },
      { eventId: ids[1], result: 'accepted', code: null, key: '2', messageEventId: second?.id },
      { eventId: ids[2], result: 'accepted' },
    ]);
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(await routing.routeNext('shop')).toEqual({ conversationIds: [], isMore: false });
  });

  it('commits what its rules need longer for than a transaction may take', async () => {
    const loop = 'payload.items.exists(item, payload.text.contains(item))';
    for (let count = 0; count < 2; count += 1)
      await trigger({ filter: Array.from({ length: 3 }, () => loop).join(' || ') });
    const items = Array.from({ length: 2_000 }, (_, index) => `aaab${index}`);
    await webhook({ text: 'a'.repeat(100_000), items });
    const brief = Object.create(room.prisma, {
      $transaction: {
        value: (work: () => Promise<unknown>) => room.prisma.$transaction(work, { timeout: 500 }),
      },
    });
    const routes = new RoutingRepository(room.prisma);
    await processWith(brief, routes).routeNext('shop');
    expect(await states()).toEqual(['done']);
    expect(await outcomes()).toHaveLength(2);
  });

  it('applies a trigger that is made while it begins to a webhook that comes in behind it', async () => {
    await webhook({ id: 0 });
    const slow = new RoutingRepository(room.prisma);
    const triggersOf = slow.triggersOf.bind(slow);
    slow.triggersOf = async (source) => {
      const found = await triggersOf(source);
      await trigger();
      await webhook({ id: 1 });
      return found;
    };
    await processWith(room.prisma, slow).routeNext('shop');
    await routing.routeNext('shop');
    expect(await texts()).toEqual(['Order 1']);
  });

  it('records what fails, and holds up nothing by it', async () => {
    await trigger({ filter: 'payload.missing == 1' });
    await trigger({ key: 'payload' });
    await trigger({
      prompt: '{{#payload.a}}{{#payload.a}}{{#payload.a}}x{{/payload.a}}{{/payload.a}}{{/payload.a}}',
    });
    await trigger({ filter: 'no longer an expression' });
    await trigger({ conversationId: crypto.randomUUID() });
    await trigger({ enabled: false });
    const good = await trigger();
    const a = Array.from({ length: 500 }, () => 1);
    await webhook({ id: 1, a });
    await webhook({ id: 2, a });
    await webhook(null, { payload: {} });
    await routing.routeNext('shop');
    expect(await texts()).toEqual(['Order 1', 'Order 2']);
    expect((await messages()).every(({ externalId }) => externalId.startsWith(good.id))).toBe(true);
    expect((await outcomes()).slice(0, 6).map(({ code }) => code)).toEqual([
      'FILTER_FAILED',
      'KEY_FAILED',
      'PROMPT_FAILED',
      'FILTER_FAILED',
      'TARGET_GONE',
      null,
    ]);
    expect((await outcomes()).slice(-6).map(({ code }) => code)).toEqual(Array(6).fill('PAYLOAD_GONE'));
    expect(await states()).toEqual(['done', 'done', 'done']);
  });

  it('makes the conversation of a chat, and finds it again', async () => {
    const chat = { conversationId: null, channel: 'telegram', chatId: String(newChatId()), threadId: '' };
    await trigger(chat);
    await trigger({ ...chat, threadId: '7' });
    await webhook({ id: 1 });
    const { conversationIds } = await routing.routeNext('shop');
    await webhook({ id: 2 });
    expect((await routing.routeNext('shop')).conversationIds).toEqual(conversationIds);
    const made = await room.prisma.conversation.findMany({ where: { chatId: chat.chatId } });
    expect(made.map(({ id }) => id).toSorted()).toEqual(conversationIds.toSorted());
    await room.prisma.conversation.updateMany({
      where: { chatId: chat.chatId },
      data: { channel: 'erased', erasedAt: new Date() },
    });
    await webhook({ id: 3 });
    const anew = await routing.routeNext('shop');
    expect(anew.conversationIds).toHaveLength(2);
    expect(anew.conversationIds).not.toEqual(conversationIds);
  });

  it('makes one message of a webhook, however many processes route', async () => {
    await trigger();
    for (let id = 0; id < 120; id += 1) await webhook({ id });
    const processes = [routing, newProcess(), newProcess()];
    const work = async (one: RoutingService) => {
      for (let round = 0; round < 20; round += 1) await one.routeNext('shop').catch(() => null);
    };
    await Promise.all(processes.map(work));
    expect(await texts()).toEqual(Array.from({ length: 120 }, (_, id) => `Order ${id}`));
  });

  it('leaves a source to the process that has it, and its webhooks waiting where the commit fails', async () => {
    await trigger();
    await webhook({ id: 1 });
    await room.whileLocked('SELECT FROM sources FOR NO KEY UPDATE', [], async () => {
      expect(await routing.routeNext('shop')).toEqual({ conversationIds: [], isMore: false });
    });
    await room.whileLocked(
      'SELECT FROM conversations WHERE id = $1 FOR UPDATE',
      [conversation.id],
      async () => {
        await expect(routing.routeNext('shop')).rejects.toThrow();
      },
    );
    expect(await states()).toEqual(['waiting']);
    expect((await routing.routeNext('shop')).conversationIds).toEqual([conversation.id]);
  });

  it('says that more is left behind a full batch', async () => {
    for (let id = 0; id < 51; id += 1) await webhook({ id });
    expect(await routing.routeNext('shop')).toEqual({ conversationIds: [], isMore: true });
    expect(await routing.routeNext('shop')).toEqual({ conversationIds: [], isMore: false });
    expect(new Set(await states())).toEqual(new Set(['done']));
  });

  it('reads little, however much came in before', async () => {
    await room.pool.query(
      `INSERT INTO events (source, external_id, kind, state)
       SELECT 'webhook:shop', 'done ' || n, 'webhook', 'done' FROM generate_series(1, 20000) AS n`,
    );
    await room.pool.query(
      `INSERT INTO events (source, external_id, kind, conversation_id)
       SELECT 'telegram', n, 'message', gen_random_uuid() FROM generate_series(1, 20000) AS n`,
    );
    await webhook({ id: 1 });
    await room.pool.query('ANALYZE events');
    const statements = [waitingSourcesStatement(), waitingWebhooksStatement('shop', 50)];
    const counted = COUNT_WAITING_WEBHOOKS.replace('$1', `ARRAY['webhook:shop']`).replace('$2', '100');
    for (const statement of [...statements, Prisma.raw(counted)]) {
      const { text, pages } = await planOf(room.prisma, statement);
      expect(text).toContain('events_to_route');
      expect(pages).toBeLessThan(20);
    }
  });

  it('is found by the sweep where something waits', async () => {
    const repository = new RoutingRepository(room.prisma);
    expect(await repository.waitingSources()).toEqual([]);
    await webhook({ id: 1 }, { state: 'done' });
    expect(await repository.waitingSources()).toEqual([]);
    await webhook({ id: 1 });
    expect(await repository.waitingSources()).toEqual(['shop']);
  });
});
