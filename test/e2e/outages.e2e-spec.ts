import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { describeWithRedis } from '../support/redis.js';
import { expectOnlyLive, expectUnavailable } from '../support/unavailable.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeWithRedis('While Redis is away', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('redis');
  });
  afterAll(() => world.stop());

  it('updates are accepted all the same, and answered once it is back', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    await world.redis.kill();
    for (let index = 0; index < 5; index += 1) {
      await world.post(textUpdate(chat, `[${chat}] ${index}`)).expect(200, { status: 'queued' });
    }
    await expectOnlyLive(world.app, 'queue');
    await world.redis.start();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 6 }));
    expect(world.model.callsAbout(`[${chat}]`).flatMap(({ news }) => news)).toEqual([
      `[${chat}] before`,
      ...Array.from({ length: 5 }, (_, index) => `[${chat}] ${index}`),
    ]);
    await eventually(() => supertest(world.app.url).get('/health/ready').expect(200));
  });

  it('an answer goes out that was written meanwhile', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}]`);
    await world.say(chat, `[${chat}] hello`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.redis.kill();
    held.release();
    await world.lastOf(chat, 1);
    expect(world.telegram.textsOf(chat)).toEqual([`Echo: [${chat}] hello`]);
    await world.redis.start();
    await eventually(() => supertest(world.app.url).get('/health/ready').expect(200));
  });

  it('and lost all its data, no message is lost or answered twice', async () => {
    const chats = Array.from({ length: 5 }, newChatId);
    const held = world.model.hold('emptied meanwhile');
    for (const chat of chats) await world.say(chat, `[${chat}] emptied meanwhile`);
    await eventually(() => expect(held.waiting).toBe(chats.length));
    for (const chat of chats) await world.say(chat, `[${chat}] waiting`);
    await world.redis.flush();
    held.release();
    for (const chat of chats) {
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 2 }));
      await world.lastOf(chat, 2);
      expect(world.telegram.textsOf(chat)).toEqual([
        `Echo: [${chat}] emptied meanwhile`,
        `Echo: [${chat}] waiting`,
      ]);
    }
  });
});

describeWithRedis('A process that is asked to end while Redis is away', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('redis');
  });
  afterAll(() => world.stop());

  it('ends, and the next one answers its messages', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    await world.redis.kill();
    await world.post(textUpdate(chat, `[${chat}] taken`)).expect(200, { status: 'queued' });
    await world.stopApp();
    await world.redis.start();
    await world.startApp();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 2 }));
  });
});

describeWithRedis('When Redis lost the appointment of a deferred message', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('redis', { CHAT_RATE_LIMIT: '1', CHAT_RATE_PERIOD_MS: '30000' });
  });
  afterAll(() => world.stop());

  /** The number of ended runs of the chat's turns: its lease's returned tokens. */
  async function runs(chat: number): Promise<number> {
    const [lease] = await world.sql<{ token: string }>(
      `SELECT token FROM leases WHERE conversation_id = $1 AND lane = 'turns' AND expires_at = '-infinity'`,
      [await world.conversationId(chat)],
    );
    return Number(lease?.token ?? 0);
  }

  it('the sweep finds it', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] now`);
    const before = await runs(chat);
    await world.say(chat, `[${chat}] later`);
    // A run has looked at it and deferred it.
    await eventually(async () => expect(await runs(chat)).toBeGreaterThan(before));
    expect(await world.eventStates(chat)).toEqual({ done: 1, waiting: 1 });
    await world.redis.flush();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] later`);
  });
});

describeOnEachBackend('While PostgreSQL is away', (backend) => {
  let world: World;
  let server: OwnPostgres;

  beforeAll(async () => {
    server = await OwnPostgres.open();
    world = await World.start(backend, { DATABASE_URL: server.url });
  });
  afterAll(async () => {
    await world.stop();
    await server.remove();
  });

  describe('an update', () => {
    it('is answered 503 with Retry-After, and accepted once it is back', async () => {
      const chat = newChatId();
      await world.sayAndRead(chat, `[${chat}] before`);
      await server.stop();

      const update = textUpdate(chat, `[${chat}] meanwhile`);
      expectUnavailable(await world.post(update));
      await expectOnlyLive(world.app, 'database');

      await server.start();
      await eventually(() => world.post(update).expect(200, { status: 'queued' }));
      expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] meanwhile`);
      expect(world.telegram.textsOf(chat)).toHaveLength(2);
    });

    it('that was being answered is answered once', async () => {
      const chat = newChatId();
      const held = world.model.hold(`[${chat}]`);
      await world.say(chat, `[${chat}] hello`);
      await eventually(() => expect(held.waiting).toBe(1));
      await server.stop();
      held.release();
      await server.start();
      expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
      await eventually(() => world.post(textUpdate(chat, `[${chat}] bye`)).expect(200, { status: 'queued' }));
      expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] bye`);
      expect(world.telegram.textsOf(chat)).toHaveLength(2);
    });
  });
});
