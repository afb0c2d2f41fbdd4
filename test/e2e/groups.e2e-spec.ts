import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, replyUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('In a group the bot is silent unless it is addressed: it', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
    // Until it knows its own name it accepts messages that may be for it.
    await eventually(() =>
      world.post(textUpdate(-newChatId(), '@some_other_bot hi')).expect({ status: 'ignored' }),
    );
  });
  afterAll(() => world.stop());

  it.each([
    ['what people say to each other', 'Good morning!', {}],
    ['a mention of somebody else', '@grace good morning', {}],
    ['a command for another bot', '/help@some_other_bot', {}],
    ['an address that only contains its name', 'mail@double_bot.example', {}],
  ])('ignores %s', async (_name, text, overrides) => {
    await world.post(textUpdate(-newChatId(), text, overrides)).expect(200, { status: 'ignored' });
  });

  it('answers a mention, and names the speaker to the model', async () => {
    const group = -newChatId();
    await world
      .post(textUpdate(group, `@${world.telegram.bot.username} hi [${group}]`))
      .expect(200, { status: 'queued' });
    await world.lastOf(group, 1);
    expect(world.model.callsAbout(`[${group}]`)[0]?.news).toEqual([
      expect.stringMatching(/^Ada Lovelace: .*hi/),
    ]);
  });

  it('answers a reply to it', async () => {
    const group = -newChatId();
    await world.post(replyUpdate(group, 'And why?', world.telegram.bot)).expect(200, { status: 'queued' });
    expect(await world.lastOf(group, 1)).toContain('And why?');
  });

  it('answers a command for it, with and without its name', async () => {
    const group = -newChatId();
    await world.say(group, `/help@${world.telegram.bot.username}`);
    await world.lastOf(group, 1);
    await world.say(group, '/help');
    expect(await world.lastOf(group, 2)).toMatch(/\/reset/);
  });

  it('answers in the topic of the message, and keeps topics apart', async () => {
    const group = -newChatId();
    for (const topic of [7, 8]) {
      const there = { message_thread_id: topic, is_topic_message: true };
      await world
        .post(textUpdate(group, `@${world.telegram.bot.username} [${group}] topic ${topic}`, there))
        .expect(200, { status: 'queued' });
    }
    await world.lastOf(group, 2);
    const threads = world.telegram
      .callsOf('sendMessage', group)
      .map(({ params }) => params['message_thread_id']);
    expect(new Set(threads)).toEqual(new Set([7, 8]));
    expect(world.model.callsAbout(`[${group}]`).map(({ news }) => news.length)).toEqual([1, 1]);
  });
});
