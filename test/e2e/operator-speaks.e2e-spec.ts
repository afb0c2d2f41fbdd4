import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('An operator who speaks as the bot', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  const say = (id: string, text: unknown, key?: string) => {
    const request = world.admin(`conversations/${id}/messages`, 'post');
    return (key === undefined ? request : request.set('Idempotency-Key', key)).send({ text });
  };

  async function knownChat(): Promise<{ chat: number; id: string }> {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    return { chat, id: await world.conversationId(chat) };
  }

  it('in the chat and in the history, as the model sees it', async () => {
    const { chat, id } = await knownChat();
    const { body } = await say(id, 'This is **Bob**.').expect(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      role: 'operator',
      text: 'This is **Bob**.',
      turnId: null,
      delivery: { state: expect.stringMatching(/pending|sending|sent/) },
    });
    expect(await world.lastOf(chat, 2)).toBe('This is Bob.');
    await world.sayAndRead(chat, `[${chat}] who?`);
    const call = world.model.callsAbout(`[${chat}] who?`)[0];
    expect(call?.messages.slice(1).map(({ role, content }) => `${role}: ${content}`)).toEqual([
      `user: [${chat}] hello`,
      `assistant: Echo: [${chat}] hello`,
      'assistant: This is **Bob**.',
      `user: [${chat}] who?`,
    ]);
    expect((await world.history(chat)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'operator',
      'user',
      'assistant',
    ]);
  });

  it('once for one Idempotency-Key, however concurrently', async () => {
    const { chat, id } = await knownChat();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => say(id, 'Only once.', 'key-1').expect(201)),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await say(id, 'Another text.', 'key-1').expect(422);
    await say(id, 'Another key.', 'key-2').expect(201);
    expect(await world.lastOf(chat, 3)).toBe('Another key.');
    expect(world.telegram.textsOf(chat).slice(1)).toEqual(['Only once.', 'Another key.']);
    await say((await knownChat()).id, 'Elsewhere.', 'key-1').expect(201);
    for (const key of ['', 'two words', 'x'.repeat(256)]) await say(id, 'x', key).expect(400);
  });

  it('at length: the text is split like any reply, in order with others', async () => {
    const { chat, id } = await knownChat();
    await Promise.all([say(id, 'word '.repeat(2_000)).expect(201), say(id, 'short').expect(201)]);
    await eventually(() => expect(world.telegram.textsOf(chat)).toHaveLength(5));
    const lengths = world.telegram.textsOf(chat).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4_096);
  });

  it('to a paused chat, not to a blocked one, and nothing that is no text', async () => {
    const { chat, id } = await knownChat();
    const setStatus = (status: string) => world.admin(`conversations/${id}`, 'patch').send({ status });
    await setStatus('paused').expect(200);
    await say(id, 'While paused.').expect(201);
    expect(await world.lastOf(chat, 2)).toBe('While paused.');
    for (const bad of [undefined, null, '', ' \n', 5, 'a\0b', 'a\ud800b', 'x'.repeat(100_001)])
      await say(id, bad).expect(400);
    await setStatus('blocked').expect(200);
    const { body } = await say(id, 'While blocked.').expect(409);
    expect(body.message).toBe('The conversation is blocked');
    await say(crypto.randomUUID(), 'Nobody.').expect(404);
  });
});
