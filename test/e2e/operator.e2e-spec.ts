import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('The operator', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  it('pauses a chat, whose messages wait, and blocks it, whose messages are dropped', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    const change = (change: object) => world.admin(`conversations/${id}`, 'patch').send(change).expect(200);
    await change({ status: 'paused' });
    await world.say(chat, `[${chat}] waits`);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 1, waiting: 1 }));
    await change({ status: 'active' });
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] waits`);
    await change({ status: 'blocked' });
    await world.say(chat, `[${chat}] dropped`);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 2, dropped: 1 }));
    await change({ status: 'active' });
    expect(await world.sayAndRead(chat, `[${chat}] again`)).toBe(`Echo: [${chat}] again`);
    expect(world.model.callsAbout(`[${chat}] dropped`)).toHaveLength(0);
  });

  it('sets the busy mode of a chat, and takes it back', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    const change = (busyMode: unknown) => world.admin(`conversations/${id}`, 'patch').send({ busyMode });
    expect((await change('interrupt').expect(200)).body.busyMode).toBe('interrupt');
    await change('hurry').expect(400);
    const held = world.model.hold(`[${chat}] first`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] first`)).toHaveLength(1));
    await world.say(chat, `[${chat}] second`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] first`)[0]?.abandoned).toBe(true));
    held.release();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] second`);
    expect((await change(null).expect(200)).body.busyMode).toBeNull();
    expect(await world.sayAndRead(chat, '/mode')).toMatch(/working: queue/);
  });
});
