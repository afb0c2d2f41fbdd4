import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('When Telegram does not know the token', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
    await eventually(() => expect(world.telegram.callsOf('getMe')).toHaveLength(1));
  });
  afterAll(() => world.stop());

  const ready = () => supertest(world.app.url).get('/health/ready');

  it('sends nothing, is not ready and reports why, and recovers by itself when it is known again', async () => {
    const chats = [newChatId(), newChatId(), newChatId()];
    const [first = 0] = chats;
    for (const method of ['sendMessage', 'sendChatAction', 'getMe'])
      world.telegram.failNext({ method, times: 1_000, with: failures.unauthorised });
    await world.say(first, `[${first}] hello`);
    const { body } = await eventually(() => ready().expect(503));
    expect(body).toMatchObject({ parts: { telegramToken: 'unavailable', database: 'ok', queue: 'ok' } });

    const callsBefore = world.telegram.calls.length;
    for (const chat of chats.slice(1)) await world.say(chat, `[${chat}] hello`);
    await eventually(() => {
      for (const chat of chats) expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(1);
    });
    // The probe continues; no other method is called.
    await eventually(() => expect(world.telegram.callsOf('getMe').length).toBeGreaterThan(3));
    const since = world.telegram.calls.slice(callsBefore).map(({ method }) => method);
    expect(since.filter((method) => method !== 'getMe')).toEqual([]);
    expect(chats.flatMap((chat) => world.telegram.textsOf(chat))).toEqual([]);

    world.telegram.heal();
    await eventually(() => ready().expect(200));
    for (const chat of chats) expect(await world.lastOf(chat, 1)).toContain('hello');
    for (const chat of chats) expect(await world.deadLetters(chat)).toEqual([]);
  });
});
