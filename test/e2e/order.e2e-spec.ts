import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import type { ModelCall } from '../support/model-call.js';
import { newChatId, textUpdate } from '../support/updates.js';

const COUNT = 100;

function expectOneAtATime(calls: readonly ModelCall[]): void {
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1];
    if (before) expect(call.begin).toBeGreaterThan(before.end ?? Number.POSITIVE_INFINITY);
  }
}

describeOnEachBackend('A chat is answered in order, one turn at a time', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  /** Resolves with the chat's model calls when every one of its messages has been answered. */
  async function answered(chat: number): Promise<ModelCall[]> {
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: COUNT }));
    const calls = world.model.callsAbout(`[${chat}]`);
    await world.lastOf(chat, calls.length);
    return calls;
  }

  it(`keeps ${COUNT} messages in the order in which they were posted, none lost, none twice`, async () => {
    const chat = newChatId();
    const texts = Array.from({ length: COUNT }, (_, index) => `[${chat}] message ${index}`);
    for (const text of texts) await world.post(textUpdate(chat, text)).expect(200, { status: 'queued' });

    const calls = await answered(chat);
    expect(calls.flatMap(({ news }) => news)).toEqual(texts);
    expectOneAtATime(calls);
    expect(world.telegram.textsOf(chat)).toEqual(calls.map(({ news }) => `Echo: ${news.at(-1)}`));
    const said = (await world.history(chat)).filter(({ role }) => role === 'user');
    expect(said.map(({ text }) => text)).toEqual(texts);
  });

  it(`loses none of ${COUNT} messages posted all at once, and takes none twice`, async () => {
    const chat = newChatId();
    const texts = Array.from({ length: COUNT }, (_, index) => `[${chat}] message ${index}`);
    const answers = await Promise.all(texts.map((text) => world.post(textUpdate(chat, text))));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.status}`))).toEqual(
      new Set(['200 queued']),
    );

    const calls = await answered(chat);
    expect(calls.flatMap(({ news }) => news).toSorted()).toEqual(texts.toSorted());
    expectOneAtATime(calls);
    expect(world.telegram.textsOf(chat)).toHaveLength(calls.length);
  });

  it('makes one next turn of all messages that arrive while a turn runs', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] begin`);
    await world.say(chat, `[${chat}] begin`);
    await eventually(() => expect(held.waiting).toBe(1));
    const burst = Array.from({ length: 20 }, (_, index) => `[${chat}] meanwhile ${index}`);
    for (const text of burst) await world.say(chat, text);
    held.release();
    await world.lastOf(chat, 2);
    const calls = world.model.callsAbout(`[${chat}]`);
    expect(calls.map(({ news }) => news)).toEqual([[`[${chat}] begin`], burst]);
    expectOneAtATime(calls);
  });

  it('runs the turns of two chats side by side', async () => {
    const chats = [newChatId(), newChatId()];
    const held = world.model.hold('side by side');
    for (const chat of chats) await world.say(chat, 'side by side');
    await eventually(() => expect(held.waiting).toBe(2));
    held.release();
    for (const chat of chats) expect(await world.lastOf(chat, 1)).toBe('Echo: side by side');
  });
});
