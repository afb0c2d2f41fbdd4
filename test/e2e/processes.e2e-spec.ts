import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningApplication } from '../../src/application.js';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('Several processes share one database', (backend) => {
  let world: World;
  let webs: RunningApplication[];
  let workers: RunningApplication[];

  beforeAll(async () => {
    world = await World.prepare(backend);
    // All at once: they also share the work of the migration.
    const start = (role: string) => world.startApp({ APP_ROLE: role });
    const all = await Promise.all([start('web'), start('web'), start('worker'), start('worker')]);
    webs = all.filter(({ settings }) => settings.server.receives);
    workers = all.filter(({ settings }) => settings.server.works);
  });
  afterAll(() => world.stop());

  it('receives in the role web alone, and each role is ready', async () => {
    for (const { url } of [...webs, ...workers]) await supertest(url).get('/health/ready').expect(200);
    for (const { url } of workers)
      await supertest(url).post('/webhook/telegram').send({ update_id: 1 }).expect(404);
  });

  it('makes one turn of one update that all receivers get at the same moment', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => world.post(update, webs[index % 2])),
    );
    expect(answers.filter(({ body }) => body.status === 'queued')).toHaveLength(1);
    expect(answers.filter(({ body }) => body.status === 'duplicate')).toHaveLength(19);
    await world.lastOf(chat, 1);
    expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(1);
  });

  it('answers ten chats at once, each in order and one turn at a time, none twice', async () => {
    const chats = Array.from({ length: 10 }, newChatId);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        chats.map((chat, index) =>
          world
            .post(textUpdate(chat, `[${chat}] ${round}`), webs[index % 2])
            .expect(200, { status: 'queued' }),
        ),
      );
    }
    for (const chat of chats) {
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 10 }));
      const calls = world.model.callsAbout(`[${chat}]`);
      expect(calls.flatMap(({ news }) => news)).toEqual(
        Array.from({ length: 10 }, (_, round) => `[${chat}] ${round}`),
      );
      for (const [index, call] of calls.entries()) {
        const before = calls[index - 1];
        if (before) expect(call.begin).toBeGreaterThan(before.end ?? Number.POSITIVE_INFINITY);
      }
      await world.lastOf(chat, calls.length);
      expect(world.telegram.textsOf(chat)).toHaveLength(calls.length);
    }
  });

  it('continues with one worker when the other is stopped, including its turn', async () => {
    const chats = Array.from({ length: 6 }, newChatId);
    const held = world.model.hold('stopped meanwhile');
    for (const chat of chats) await world.say(chat, `[${chat}] stopped meanwhile`);
    await eventually(() => expect(held.waiting).toBe(chats.length));
    const [first] = workers;
    await world.stopApp(first);
    held.release();
    for (const chat of chats) expect(await world.lastOf(chat, 1)).toContain('stopped meanwhile');
    for (const chat of chats) expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });
});
