import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { type ChildApp, startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { newChatId, type TelegramUpdate, textUpdate } from '../support/updates.js';
import { Seeded } from './seeded.js';

const UPDATES = 10_000;
const KILLS = 20;
const CHATS = 50;
const SEED = Number(process.env.CHAOS_SEED ?? 1);

/** Batches of 100 that the poller has asked for, at most, when it is killed. */
const BATCHES = Math.floor(UPDATES / (KILLS + 1) / 100);
const patience = { withinMs: 300_000 };

/**
 * Two processes that may poll and one that works. The poller is killed again and again in the middle of its batches,
 * the other one takes over, and a new one stands by.
 */
describeOnEachBackend(`${UPDATES} updates, the poller killed ${KILLS} times (seed ${SEED})`, (backend) => {
  let world: World;
  let worker: ChildApp;
  let poller: ChildApp;
  let standby: ChildApp;

  const start = (role: string) => startChildApp(world.env({ APP_ROLE: role }));
  const fetches = () => world.telegram.callsOf('getUpdates').length;

  beforeAll(async () => {
    world = await World.prepare(backend, { TELEGRAM_MODE: 'polling', TELEGRAM_WEBHOOK_SECRET: undefined });
    worker = await start('worker');
    poller = await start('web');
    await eventually(() => expect(fetches()).toBeGreaterThan(0));
    standby = await start('web');
  });
  afterAll(async () => {
    await Promise.all([worker.kill(), poller.kill(), standby.kill()]);
    await world.stop();
  });

  /** Resolves when the poller has asked this many times more. */
  const asked = async (times: number) => {
    const goal = fetches() + times;
    await eventually(() => expect(fetches()).toBeGreaterThanOrEqual(goal), patience);
  };

  it('processes each once, and those of a chat in order', { timeout: 600_000 }, async () => {
    const random = new Seeded(SEED);
    const chats = Array.from({ length: CHATS }, newChatId);
    const updates = Array.from({ length: UPDATES }, (_, index) => {
      const chat = chats[index % CHATS] ?? 0;
      return textUpdate(chat, `[${chat}] ${index}`);
    });
    const portion = Math.ceil(UPDATES / (KILLS + 1));
    for (let kill = 0; kill < KILLS; kill += 1) {
      world.telegram.push(...updates.slice(kill * portion, (kill + 1) * portion));
      await asked(random.int(1, BATCHES));
      await poller.kill();
      const replacement = start('web');
      await asked(1);
      poller = standby;
      standby = await replacement;
    }
    world.telegram.push(...updates.slice(KILLS * portion));

    await eventually(async () => {
      const states = await world.sql('SELECT state::text, count(*)::int AS count FROM events GROUP BY state');
      expect(states).toEqual([{ state: 'done', count: UPDATES }]);
    }, patience);
    const answered = world.model.calls.filter(({ abandoned }) => !abandoned);
    for (const chat of chats) {
      const texts = textsOf(chat, updates);
      expect(answered.flatMap(({ news }) => news).filter((text) => text.startsWith(`[${chat}]`))).toEqual(
        texts,
      );
      const turns = answered.filter(({ news }) => news[0]?.startsWith(`[${chat}]`)).length;
      await eventually(() => expect(world.telegram.textsOf(chat)).toHaveLength(turns));
    }
    expect(await world.sql('SELECT id FROM dead_letters')).toEqual([]);
  });
});

function textsOf(chat: number, updates: readonly TelegramUpdate[]): unknown[] {
  return updates
    .filter(({ message }) => String(message['text']).startsWith(`[${chat}]`))
    .map(({ message }) => message['text']);
}
