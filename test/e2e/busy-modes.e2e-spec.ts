import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { editUpdate, newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('While the agent is busy', (backend) => {
  let world: World;

  beforeAll(async () => {
    // Long enough for the next message to be posted, however slow the machine.
    world = await World.start(backend, { AGENT_COLLECT_QUIET_MS: '3000' });
  });
  afterAll(() => world.stop());

  async function chatIn(mode: string): Promise<number> {
    const chat = newChatId();
    expect(await world.sayAndRead(chat, `/mode ${mode}`)).toContain(`**${mode}**`.replaceAll('*', ''));
    return chat;
  }

  const callsOf = (chat: number) => world.model.callsAbout(`[${chat}]`);

  it('shows the mode, and the possible modes', async () => {
    const chat = newChatId();
    expect(await world.sayAndRead(chat, '/mode')).toMatch(/queue\.[^]*steer[^]*interrupt[^]*collect/);
    expect(await world.sayAndRead(chat, '/mode hurry')).toMatch(/no such mode.*queue, steer/);
    expect(await world.sayAndRead(chat, '/mode STEER')).toMatch(/working: steer/);
    expect(await world.sayAndRead(chat, '/mode')).toMatch(/working: steer/);
  });

  it('queue: messages that come meanwhile are the next turn', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] first`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, `[${chat}] second`);
    held.release();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] second`);
    expect(callsOf(chat).map(({ news }) => news)).toEqual([[`[${chat}] first`], [`[${chat}] second`]]);
  });

  it('steer: they join the running turn before its next model call', async () => {
    const chat = await chatIn('steer');
    world.model.script(`[${chat}] first`, { calls: [{ name: 'current_time', arguments: {} }] });
    const held = world.model.hold(`[${chat}] first`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.say(chat, `[${chat}] second`);
    await world.say(chat, `[${chat}] third`);
    held.release();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] third`);
    const roles = callsOf(chat)
      .at(-1)
      ?.messages.map(({ role }) => role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'user', 'user']);
    expect(callsOf(chat)).toHaveLength(2);
    expect(await world.eventStates(chat)).toEqual({ done: 4 });
    await world.sayAndRead(chat, `[${chat}] fourth`);
    const texts = callsOf(chat)
      .at(-1)
      ?.messages.flatMap(({ role, content }) => (role === 'user' ? [content] : []));
    expect(texts).toEqual(['first', 'second', 'third', 'fourth'].map((word) => `[${chat}] ${word}`));
  });

  it('interrupt: the running turn is cancelled, and one new turn answers both with its results', async () => {
    const chat = await chatIn('interrupt');
    world.model.script(
      `[${chat}] first`,
      { calls: [{ name: 'current_time', arguments: {} }] },
      { fault: 'hang' },
    );
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(callsOf(chat)).toHaveLength(2));
    await world.say(chat, `[${chat}] second`);
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] second`);
    expect(callsOf(chat)[1]?.abandoned).toBe(true);
    expect(callsOf(chat)[2]?.news).toEqual([`[${chat}] first`, `[${chat}] second`]);
    expect(callsOf(chat)[2]?.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'user',
    ]);
    expect(world.telegram.textsOf(chat)).toHaveLength(2);
  });

  it('collect: one turn answers messages written without a pause', async () => {
    const chat = await chatIn('collect');
    for (const word of ['one', 'two', 'three']) await world.say(chat, `[${chat}] ${word}`);
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] three`);
    expect(callsOf(chat)).toHaveLength(1);
  });

  it('waits for the rest of a forwarded batch in any mode', async () => {
    const chat = newChatId();
    const forwarded = { forward_origin: { type: 'hidden_user', sender_user_name: 'B', date: 1 } };
    for (const word of ['one', 'two'])
      await world.post(textUpdate(chat, `[${chat}] ${word}`, forwarded)).expect(200);
    await world.lastOf(chat, 1);
    const marked = (word: string) =>
      expect.stringMatching(new RegExp(`> From: B\\n> \\[${chat}\\] ${word}$`));
    expect(callsOf(chat).map(({ news }) => news)).toEqual([[marked('one'), marked('two')]]);
  });

  describe('and a message is edited', () => {
    it('that waits: the new text takes its place', async () => {
      const chat = newChatId();
      const held = world.model.hold(`[${chat}] first`);
      await world.say(chat, `[${chat}] first`);
      await eventually(() => expect(held.waiting).toBe(1));
      const typo = textUpdate(chat, `[${chat}] typo`);
      await world.post(typo).expect(200, { status: 'queued' });
      await world.post(editUpdate(typo, `[${chat}] right`)).expect(200, { status: 'queued' });
      await world.post(editUpdate(typo, `[${chat}] right`)).expect(200);
      await eventually(async () =>
        expect(await world.eventStates(chat)).toEqual({ claimed: 1, waiting: 1, done: 2 }),
      );
      held.release();
      expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] right`);
      expect(callsOf(chat)).toHaveLength(2);
    });

    it('whose turn is under way: it is a newer message', async () => {
      const chat = await chatIn('interrupt');
      const held = world.model.hold(`[${chat}] typo`);
      const typo = textUpdate(chat, `[${chat}] typo`);
      await world.post(typo).expect(200);
      await eventually(() => expect(held.waiting).toBe(1));
      await world.post(editUpdate(typo, `[${chat}] typo`)).expect(200);
      await world.post(editUpdate(typo, `[${chat}] right`)).expect(200);
      await eventually(() => expect(callsOf(chat)[0]?.abandoned).toBe(true));
      held.release();
      expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] right`);
      expect(callsOf(chat)).toHaveLength(2);
    });

    it('that was answered: it is recorded, and not answered again', async () => {
      const chat = newChatId();
      const typo = textUpdate(chat, `[${chat}] typo`);
      await world.post(typo).expect(200);
      await world.lastOf(chat, 1);
      await world.post(editUpdate(typo, `[${chat}] right`)).expect(200, { status: 'queued' });
      await eventually(async () => expect((await world.history(chat))[0]?.text).toBe(`[${chat}] right`));
      await world.sayAndRead(chat, `[${chat}] next`);
      expect(callsOf(chat)).toHaveLength(2);
    });
  });
});
