import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('Without a public address the bot polls', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { TELEGRAM_MODE: 'polling', TELEGRAM_WEBHOOK_SECRET: undefined });
  });
  afterAll(() => world.stop());

  const polls = () => world.telegram.callsOf('getUpdates');
  const confirmations = (updateId: number) =>
    polls().filter(({ params }) => Number(params['offset']) > updateId);

  it('answers fetched messages, each once, in order', async () => {
    const chat = newChatId();
    const updates = Array.from({ length: 5 }, (_, index) => textUpdate(chat, `[${chat}] ${index}`));
    world.telegram.push(...updates);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 5 }));
    const news = world.model.callsAbout(`[${chat}]`).flatMap((call) => call.news);
    expect(news).toEqual(updates.map(({ message }) => message['text']));
  });

  it('recognises an update that Telegram delivers again', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    world.telegram.push(update);
    await world.lastOf(chat, 1);
    await eventually(() => expect(confirmations(update.update_id)).not.toEqual([]));
    // A restarted poller knows no offset: it receives every unconfirmed update, known or not.
    world.telegram.push(update, textUpdate(chat, `[${chat}] bye`));
    await world.lastOf(chat, 2);
    expect(world.telegram.textsOf(chat)).toEqual([`Echo: [${chat}] hello`, `Echo: [${chat}] bye`]);
  });

  it('confirms an update to Telegram only once it is committed', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    const locker = new Client({ connectionString: world.parts.database.url });
    await locker.connect();
    try {
      await locker.query('BEGIN');
      await locker.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
      const before = polls().length;
      world.telegram.push(update);
      // It cannot be stored: it is requested again, not confirmed.
      await eventually(() => expect(polls().length).toBeGreaterThan(before + 1), { withinMs: 40_000 });
      expect(confirmations(update.update_id)).toEqual([]);
      await locker.query('ROLLBACK');
    } finally {
      await locker.end();
    }
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
    await eventually(() => expect(confirmations(update.update_id)).not.toEqual([]));
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });
});
