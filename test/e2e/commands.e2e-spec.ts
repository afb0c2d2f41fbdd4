import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('Commands are answered without the model', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  it.each([
    ['/start', /Hello!/],
    ['/help', /\/reset/],
    ['/reset', /new beginning/],
    ['/memory', /remember/],
    ['/HELP', /\/reset/],
    ['/usage', /today: 0 tokens/],
    ['/schedules', /Nothing is planned/],
  ])('answers %s', async (command, answer) => {
    const calls = world.model.calls.length;
    expect(await world.sayAndRead(newChatId(), command)).toMatch(answer);
    expect(world.model.calls).toHaveLength(calls);
  });

  it('answers them while a turn runs, which goes on', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}]`);
    await world.say(chat, `[${chat}] think`);
    await eventually(() => expect(held.waiting).toBe(1));
    expect(await world.sayAndRead(chat, '/help')).toMatch(/\/reset/);
    expect(held.waiting).toBe(1);
    held.release();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] think`);
  });

  it('applies a /reset to the messages after it, even if they are posted without a pause', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    await world.say(chat, '/reset');
    await world.say(chat, `[${chat}] after`);
    await world.lastOf(chat, 3);
    const context = world.model.callsAbout(`[${chat}] after`)[0]?.messages.map(({ content }) => content);
    expect(context).not.toContain(`[${chat}] before`);
  });

  it('gives the model any other word behind a slash', async () => {
    expect(await world.sayAndRead(newChatId(), '/weather in Oslo')).toBe('Echo: /weather in Oslo');
  });
});
