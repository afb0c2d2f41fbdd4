import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { en } from '../../src/platform/i18n/en.js';
import { SUSPECT_AFTER_HAND_BACKS } from '../../src/agent/turns/turn-deaths.js';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { deadly, ending, stray } from '../support/misbehaving-tools.js';
import { SupervisedApp } from '../support/supervised-app.js';
import { newChatId } from '../support/updates.js';

const tools = 'test/support/misbehaving-tools.js';
/** Deadly messages at once; `POISON_CHATS=20` shows that many, in minutes. */
const POISON_CHATS = Number(process.env['POISON_CHATS'] ?? 1);
/** Most of it goes into starting processes, and into waiting for the leases of dead ones. */
const patience = { withinMs: 280_000 + POISON_CHATS * 10_000 };
/** An answer that the model gave to a process that died before it could keep it is asked for again. */
const ASKED_AGAIN = 20;
vi.setConfig({ testTimeout: patience.withinMs + 20_000, hookTimeout: 120_000 });

const chatsOf = (kinds: Readonly<Record<string, unknown>>): Map<string, number> =>
  new Map(Object.keys(kinds).map((kind) => [kind, newChatId()]));

describeOnEachBackend('A tool that misbehaves', (backend) => {
  let world: World;
  let worker: SupervisedApp;

  beforeAll(async () => {
    world = await World.start(backend, { APP_ROLE: 'web' });
    worker = await SupervisedApp.start(world.env({ APP_ROLE: 'worker' }), tools);
  });
  afterAll(async () => {
    await worker.close();
    await world.stop();
  });

  /** In each chat somebody lets the model call the tool so. @param times the model does so before it answers */
  const provoke = async (tool: string, chats: ReadonlyMap<string, number>, times = 1): Promise<void> => {
    for (const [kind, chat] of chats) {
      const calls = Array.from({ length: times }, () => ({ calls: [{ name: tool, arguments: { kind } }] }));
      world.model.script(`[${chat}]`, ...calls, { text: 'It went wrong.' });
    }
    await Promise.all([...chats.values()].map((chat) => world.say(chat, `[${chat}] ${tool}`)));
  };
  const outcomesOf = (chat: number) =>
    world.sql<{ outcome: string }>(
      `SELECT s.error AS outcome FROM steps s JOIN turns t ON t.id = s.turn_id
       JOIN conversations c ON c.id = t.conversation_id
       WHERE c.chat_id = $1 AND s.kind = 'tool'`,
      [chat],
    );

  it('fails its call by every kind of uncaught error, and no process ends', async () => {
    const deaths = worker.deaths.length;
    const chats = chatsOf(stray);
    await provoke('stray', chats);
    for (const [kind, chat] of chats) {
      await eventually(
        () =>
          expect({ kind, texts: world.telegram.textsOf(chat) }).toEqual({ kind, texts: ['It went wrong.'] }),
        patience,
      );
      expect(await outcomesOf(chat)).toEqual([{ outcome: 'TOOL_FAILED' }]);
    }
    expect(worker.deaths).toHaveLength(deaths);
  });

  it('harms no other turn by errors that come up later', async () => {
    const deaths = worker.deaths.length;
    const chats = chatsOf(stray);
    await provoke('leave', chats);
    for (const chat of chats.values())
      await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['It went wrong.']), patience);
    expect(await world.sayAndRead(newChatId(), 'still there?')).toBe('Echo: still there?');
    expect(worker.deaths).toHaveLength(deaths);
  });

  it('that has its process asked to end is soon alone, where nobody hears of it, and comes to its end', async () => {
    const deaths = worker.deaths.length;
    const chats = chatsOf(ending);
    await provoke('end', chats);
    for (const chat of chats.values()) {
      await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['It went wrong.']), patience);
      expect(await outcomesOf(chat)).toEqual([{ outcome: 'TOOL_TIMEOUT' }]);
      expect(await world.deadLetters(chat)).toEqual([]);
    }
    expect(worker.deaths.slice(deaths)).toEqual(Array.from({ length: SUSPECT_AFTER_HAND_BACKS }, () => '0'));
    expect(await world.sayAndRead(newChatId(), 'still there?')).toBe('Echo: still there?');
  });

  it('that ends its process is one dead letter, its user is told, and all others are answered', async () => {
    const deaths = worker.deaths.length;
    const chats = Array.from({ length: POISON_CHATS }, () => chatsOf(deadly));
    const poisoned = chats.flatMap((ofKinds) => [...ofKinds.values()]);
    // They are asked at the same time, and their model takes longer than a process lives.
    const beside = Array.from({ length: 2 }, newChatId);
    const held = world.model.hold('beside');
    await Promise.all(beside.map((chat) => world.say(chat, `[${chat}] beside`)));
    await eventually(() => expect(held.waiting).toBe(beside.length), patience);
    await Promise.all(chats.map((ofKinds) => provoke('die', ofKinds, ASKED_AGAIN)));

    const letters = async () => (await Promise.all(poisoned.map((chat) => world.deadLetters(chat)))).flat();
    await eventually(async () => expect(await letters()).not.toEqual([]), patience);
    held.release();
    for (const chat of poisoned) {
      await eventually(() => expect(world.telegram.textsOf(chat)).toEqual([en.failed]), patience);
      expect(await world.deadLetters(chat)).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON' }]);
      expect(await world.eventStates(chat)).toEqual({ dead: 1 });
    }
    for (const chat of beside) {
      await eventually(
        () => expect(world.telegram.textsOf(chat)).toEqual([`Echo: [${chat}] beside`]),
        patience,
      );
      expect(await world.deadLetters(chat)).toEqual([]);
    }
    // Each ended shared processes twice at most: the third process was its own.
    expect(worker.deaths.length - deaths).toBeLessThanOrEqual(2 * poisoned.length);
  });
});
