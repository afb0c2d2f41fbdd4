import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('An update is acknowledged at once and has one effect', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  it('answers queued while the model still thinks, and replies when it has an answer', async () => {
    const chat = newChatId();
    const held = world.model.hold('slow question');
    await world.post(textUpdate(chat, 'slow question')).expect(200, { status: 'queued' });
    await eventually(() => expect(held.waiting).toBe(1));
    expect(world.telegram.textsOf(chat)).toEqual([]);
    held.release();
    expect(await world.lastOf(chat, 1)).toBe('Echo: slow question');
  });

  it('accepts updates of one chat while its model call is held', async () => {
    const chat = newChatId();
    const held = world.model.hold('first of three');
    await world.say(chat, 'first of three');
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, 'second of three');
    await world.say(chat, 'third of three');
    held.release();
    await world.lastOf(chat, 2);
    expect(world.model.callsAbout('of three').map(({ news }) => news)).toEqual([
      ['first of three'],
      ['second of three', 'third of three'],
    ]);
  });

  it('shows that the bot is typing while the turn runs', async () => {
    const chat = newChatId();
    const held = world.model.hold('typing?');
    await world.say(chat, 'typing?');
    await eventually(() => expect(held.waiting).toBe(1));
    await eventually(() => expect(world.telegram.callsOf('sendChatAction', chat)).not.toEqual([]));
    held.release();
    await world.lastOf(chat, 1);
    expect(world.telegram.callsOf('sendChatAction', chat)[0]?.params['action']).toBe('typing');
  });

  it('makes one turn of an update delivered 50 times at once, and none of a later redelivery', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, 'once, please');
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.post(update)));
    const statuses = answers.map(({ status, body }) => `${status} ${body.status}`).toSorted();
    expect(statuses).toEqual([...Array.from({ length: 49 }, () => '200 duplicate'), '200 queued']);
    expect(await world.lastOf(chat, 1)).toBe('Echo: once, please');

    await world.post(update).expect(200, { status: 'duplicate' });
    // A later message is answered after every possible effect of the duplicates.
    await world.sayAndRead(chat, 'and now?');
    expect(world.model.callsAbout('once, please')).toHaveLength(1);
    expect(world.telegram.textsOf(chat)).toEqual(['Echo: once, please', 'Echo: and now?']);
    expect((await world.history(chat)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });
});
