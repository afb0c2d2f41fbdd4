import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('A restart', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  async function restart(): Promise<void> {
    await world.stopApp();
    await world.startApp();
  }

  it('keeps the history', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    const before = await world.history(chat);
    await restart();
    expect(await world.history(chat)).toEqual(before);
    await world.sayAndRead(chat, `[${chat}] after`);
    const context = world.model.callsAbout(`[${chat}] after`)[0]?.messages.map(({ content }) => content);
    expect(context?.slice(1)).toEqual([`[${chat}] before`, `Echo: [${chat}] before`, `[${chat}] after`]);
  });

  it('recognises a duplicate of an earlier update', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    await world.post(update).expect({ status: 'queued' });
    await world.lastOf(chat, 1);
    await restart();
    await world.post(update).expect(200, { status: 'duplicate' });
  });

  it('in the middle of a turn loses nothing, and repeats no finished tool call', async () => {
    const chat = newChatId();
    world.model.script(
      `[${chat}] count`,
      { calls: [{ name: 'remember', arguments: { fact: 'They count.' } }] },
      { text: 'Counted.' },
    );
    await world.say(chat, `[${chat}] count`);
    const steps = () =>
      world.sql('SELECT 1 FROM steps s JOIN turns t ON t.id = s.turn_id WHERE t.conversation_id = $1', [
        conversation,
      ]);
    const conversation = await world.conversationId(chat);
    await eventually(async () => expect(await steps()).not.toEqual([]));
    await world.say(chat, `[${chat}] meanwhile`);
    await restart();
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 2 }));
    await eventually(() =>
      expect(world.telegram.textsOf(chat)).toEqual(['Counted.', `Echo: [${chat}] meanwhile`]),
    );
    expect(await world.sql('SELECT 1 FROM facts WHERE conversation_id = $1', [conversation])).toHaveLength(1);
  });

  it('hands a turn that takes too long to the next process, which answers it once', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] long`);
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.stopApp();
    expect(world.telegram.textsOf(chat)).toEqual([]);
    held.release();
    await world.startApp();
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] long`);
    await world.sayAndRead(chat, `[${chat}] next`);
    expect(world.telegram.textsOf(chat)).toHaveLength(2);
    expect(world.model.callsAbout(`[${chat}] long`).map(({ abandoned }) => abandoned)).toEqual([true, false]);
  });
});

describe('With the embedded database', () => {
  let world: World;
  let folder: string;

  beforeAll(async () => {
    world = await World.prepare('postgresql');
    folder = await mkdtemp(join(tmpdir(), 'turnpike-e2e-'));
  });
  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the first start fills an empty folder, and the second one finds the history', async () => {
    const chat = newChatId();
    const embedded = { DATABASE_URL: undefined, DATA_DIR: join(folder, 'data') };
    await world.startApp(embedded);
    expect(await world.sayAndRead(chat, `[${chat}] first`)).toBe(`Echo: [${chat}] first`);
    await world.stopApp();

    await world.startApp(embedded);
    await world.sayAndRead(chat, `[${chat}] second`);
    const context = world.model.callsAbout(`[${chat}] second`)[0]?.messages.map(({ content }) => content);
    expect(context).toContain(`Echo: [${chat}] first`);
    const { body } = await world.admin('conversations').expect(200);
    expect(body.items).toMatchObject([{ chatId: String(chat), messageCount: 4 }]);
    await world.stopApp();
  });
});
