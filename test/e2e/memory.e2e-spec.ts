import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('The agent’s memory', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  /** The messages in the newest request of a chat. */
  function lastContext(chat: number): { system: string; talk: string[] } {
    const messages = world.model.callsAbout(`[${chat}]`).at(-1)?.messages ?? [];
    return {
      system: messages.flatMap(({ role, content }) => (role === 'system' ? [content ?? ''] : [])).join('\n'),
      talk: messages.flatMap(({ role, content }) => (role === 'system' ? [] : [`${role}: ${content ?? ''}`])),
    };
  }

  async function remember(chat: number, fact: string): Promise<void> {
    world.model.script(
      `[${chat}] remember`,
      { calls: [{ name: 'remember', arguments: { fact } }] },
      { text: 'I will.' },
    );
    expect(await world.sayAndRead(chat, `[${chat}] remember`)).toBe('I will.');
  }

  it('gives the model the history in order, and the user’s name', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] one`);
    await world.sayAndRead(chat, `[${chat}] two`);
    await world.sayAndRead(chat, `[${chat}] three`);
    const { system, talk } = lastContext(chat);
    expect(talk).toEqual([
      `user: [${chat}] one`,
      `assistant: Echo: [${chat}] one`,
      `user: [${chat}] two`,
      `assistant: Echo: [${chat}] two`,
      `user: [${chat}] three`,
    ]);
    expect(system).toContain('Ada Lovelace');
    expect(system).toContain(new Date().toISOString().slice(0, 10));
  });

  it('keeps chats apart', async () => {
    const [mine, theirs] = [newChatId(), newChatId()];
    await remember(mine, 'The code word is heliotrope.');
    await world.sayAndRead(theirs, `[${theirs}] what do you know?`);
    const { system, talk } = lastContext(theirs);
    expect(talk).toEqual([`user: [${theirs}] what do you know?`]);
    expect(system).not.toContain('heliotrope');
  });

  it('forgets earlier messages at /reset, and keeps facts and records', async () => {
    const chat = newChatId();
    await remember(chat, 'Her cat is called Mimi.');
    expect(await world.sayAndRead(chat, '/reset')).toMatch(/new beginning/);
    await world.sayAndRead(chat, `[${chat}] and now?`);
    const { system, talk } = lastContext(chat);
    expect(talk).toEqual([`user: [${chat}] and now?`]);
    expect(system).toContain('Her cat is called Mimi.');
    expect((await world.history(chat)).map(({ text }) => text)).toContain(`[${chat}] remember`);
  });

  it('separates messages that waited before a /reset from later ones', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] running`);
    await world.say(chat, `[${chat}] running`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, `[${chat}] before`);
    expect(await world.sayAndRead(chat, '/reset')).toMatch(/new beginning/);
    await world.say(chat, `[${chat}] after`);
    held.release();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 4 }));
    const [, before, after] = world.model.callsAbout(`[${chat}]`);
    expect(before?.news).toEqual([`[${chat}] before`]);
    expect(before?.messages.map(({ content }) => content)).toContain(`[${chat}] running`);
    expect(after?.messages.slice(1)).toMatchObject([{ role: 'user', content: `[${chat}] after` }]);
  });

  it('finds with search_history messages from before a /reset', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] the plumber comes on Thursday`);
    await world.sayAndRead(chat, '/reset');
    world.model.script(
      `[${chat}] when`,
      { calls: [{ name: 'search_history', arguments: { query: 'plumber' } }] },
      { text: 'On Thursday.' },
    );
    expect(await world.sayAndRead(chat, `[${chat}] when?`)).toBe('On Thursday.');
    const found = world.model.callsAbout(`[${chat}] when`).at(-1)?.messages.at(-1);
    expect(found).toMatchObject({ role: 'tool', content: expect.stringContaining('Thursday') });
  });

  it('shows an operator the history with the outcome of each reply', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    await eventually(async () =>
      expect(await world.history(chat)).toMatchObject([
        { role: 'user', text: `[${chat}] hello`, delivery: null },
        {
          role: 'assistant',
          text: `Echo: [${chat}] hello`,
          delivery: { state: 'sent', attempts: 1, error: null },
        },
      ]),
    );
  });
});
