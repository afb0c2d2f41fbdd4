import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { RationedDatabase } from '../support/rationed-database.js';
import { describeWithRedis } from '../support/redis.js';
import { expectOnlyLive, expectUnavailable } from '../support/unavailable.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeWithRedis('While Redis is at its maxmemory', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('redis');
  });
  afterEach(() => world.redis.free());
  afterAll(() => world.stop());

  it('updates are accepted all the same, and answered once memory is available again', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    await world.redis.fill();
    for (let index = 0; index < 5; index += 1) await world.say(chat, `[${chat}] ${index}`);
    await supertest(world.app.url).get('/health/live').expect(200);
    await world.redis.free();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 6 }));
    expect(world.model.callsAbout(`[${chat}]`).flatMap(({ news }) => news)).toEqual([
      `[${chat}] before`,
      ...Array.from({ length: 5 }, (_, index) => `[${chat}] ${index}`),
    ]);
  });

  it('a turn that is under way is committed, and its reply is sent once', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}]`);
    await world.say(chat, `[${chat}] hello`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.redis.fill();
    held.release();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 1 }));
    await world.redis.free();
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
    await world.sayAndRead(chat, `[${chat}] bye`);
    expect(world.telegram.textsOf(chat)).toEqual([`Echo: [${chat}] hello`, `Echo: [${chat}] bye`]);
    expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(2);
  });
});

describeWithRedis('While Redis is at its maxmemory, in reject mode', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('redis', { CHAT_RATE_MODE: 'reject' });
  });
  afterAll(() => world.stop());

  it('updates pass uncounted', async () => {
    const chat = newChatId();
    await world.redis.fill();
    await world.say(chat, `[${chat}] hello`);
    await world.redis.free();
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
  });
});

describeOnEachBackend('While PostgreSQL has no connection to spare', (backend) => {
  let world: World;
  let server: OwnPostgres;
  let database: RationedDatabase;

  beforeAll(async () => {
    server = await OwnPostgres.open();
    database = await RationedDatabase.create(server.url);
    world = await World.start(backend, { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await world.stop();
    await server.remove();
  });

  it('updates are answered 503 with Retry-After, and all accepted ones are answered afterwards', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    const held = world.model.hold(`[${chat}] one`);
    await world.say(chat, `[${chat}] one`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, `[${chat}] two`);

    await database.exhaust();
    const updates = Array.from({ length: 50 }, () => textUpdate(newChatId(), 'meanwhile'));
    const refused = await Promise.all(updates.map((update) => world.post(update)));
    for (const answer of refused) expectUnavailable(answer);
    await expectOnlyLive(world.app, 'database');
    held.release();
    await database.relieve();

    const [update] = updates;
    await eventually(() => world.post(update ?? {}).expect(200, { status: 'queued' }));
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 3 }));
    await world.lastOf(chat, 3);
    expect(world.telegram.textsOf(chat)).toEqual([
      `Echo: [${chat}] before`,
      `Echo: [${chat}] one`,
      `Echo: [${chat}] two`,
    ]);
  });
});
