import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('The permitted tools', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, {
      TOOLS_DENIED: 'fetch_*',
      AGENT_BUSY_MODE: 'collect',
      AGENT_COLLECT_QUIET_MS: '1500',
    });
  });
  afterAll(() => world.stop());

  const offeredIn = async (chat: number, text: string): Promise<string[] | undefined> => {
    await world.sayAndRead(chat, text);
    return world.model
      .callsAbout(text)
      .at(-1)
      ?.tools.map((tool) => tool.function.name);
  };
  const toolsOf = (id: string, tools: object | null) =>
    world.admin(`conversations/${id}`, 'patch').send({ tools }).expect(200);

  it('are set by the deployment, for every chat', async () => {
    const offered = await offeredIn(newChatId(), 'deployment');
    expect(offered).toContain('calculate');
    expect(offered).not.toContain('fetch_url');
  });

  it('are set for a conversation, until that is removed', async () => {
    const chat = newChatId();
    const all = await offeredIn(chat, `[${chat}] one`);
    const id = await world.conversationId(chat);
    await toolsOf(id, { allow: ['re*', 'fetch_url'], deny: ['remind_me'] });
    expect(await offeredIn(chat, `[${chat}] two`)).toEqual(['recall', 'remember']);
    const { body } = await world.admin(`conversations/${id}`).expect(200);
    expect(body.tools).toEqual({ allow: ['re*', 'fetch_url'], deny: ['remind_me'] });
    await toolsOf(id, null);
    expect(await offeredIn(chat, `[${chat}] three`)).toEqual(all);
  });

  it('limit a call that the model makes all the same, and the user sees only the answer', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    await toolsOf(await world.conversationId(chat), { deny: ['remember'] });
    world.model.script(
      `[${chat}] keep`,
      { calls: [{ name: 'remember', arguments: { fact: `fact of ${chat}` } }] },
      { text: 'I may not do that.' },
    );
    expect(await world.sayAndRead(chat, `[${chat}] keep`)).toBe('I may not do that.');
    const result = world.model.callsAbout(`[${chat}] keep`).at(-1)?.messages.at(-1);
    expect(result?.content).toMatch(
      /^Not called: remember may not be used here\. The tools are: calculate, /,
    );
    expect(await world.sql('SELECT 1 FROM facts WHERE text = $1', [`fact of ${chat}`])).toEqual([]);
  });

  it('are set for a person, in every chat; in a group for all authors of the turn', async () => {
    const chat = newChatId();
    const all = await offeredIn(chat, `[${chat}] one`);
    const person = `people/telegram:${chat}`;
    await world
      .admin(person, 'patch')
      .send({ tools: { deny: ['re*'] } })
      .expect(200);
    const less = all?.filter((name) => !name.startsWith('re'));
    expect(await offeredIn(chat, `[${chat}] two`)).toEqual(less);

    const group = -newChatId();
    const { username } = world.telegram.bot;
    const offered = () => world.model.calls.at(-1)?.tools.map((tool) => tool.function.name);
    const write = (text: string, from: number) =>
      world
        .post(textUpdate(group, `@${username} ${text}`, { from: { ...writer, id: from } }))
        .expect(200, { status: 'queued' });
    await write('first', newChatId());
    await world.lastOf(group, 1);
    expect(offered()).toEqual(all);
    // Both before the bot has begun to answer: it waits until they are quiet.
    await Promise.all([write('second', newChatId()), write('third', chat)]);
    await world.lastOf(group, 2);
    expect(world.telegram.textsOf(group)).toHaveLength(2);
    expect(offered()).toEqual(less);
    await world.admin(person, 'patch').send({ tools: null }).expect(200);
  });
});

const writer = { is_bot: false, first_name: 'Grace' };
