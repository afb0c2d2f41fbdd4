import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('A chat has limits', (backend) => {
  describe('with CHAT_RATE_MODE=defer', () => {
    const limit = 3;
    const periodMs = 700;
    let world: World;

    beforeAll(async () => {
      world = await World.start(backend, {
        CHAT_RATE_MODE: 'defer',
        CHAT_RATE_LIMIT: String(limit),
        CHAT_RATE_PERIOD_MS: String(periodMs),
      });
    });
    afterAll(() => world.stop());

    it('accepts messages over the limit and processes them as the window allows, in order', async () => {
      const chat = newChatId();
      const texts = Array.from({ length: 10 }, (_, index) => `[${chat}] ${index}`);
      const before = Date.now();
      for (const text of texts) await world.say(chat, text);
      await eventually(() =>
        expect(world.model.callsAbout(`[${chat}]`).flatMap(({ news }) => news)).toEqual(texts),
      );
      const lastAt = Date.now();
      for (const { news } of world.model.callsAbout(`[${chat}]`))
        expect(news.length).toBeLessThanOrEqual(limit);
      // The 1st, 4th, 7th and 10th message lie in four windows: no two of them within one period.
      expect(lastAt - before).toBeGreaterThanOrEqual(periodMs * Math.floor((texts.length - 1) / limit));
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: texts.length }));
    });
  });

  describe('with CHAT_RATE_MODE=reject', () => {
    let world: World;

    beforeAll(async () => {
      world = await World.start(backend, {
        CHAT_RATE_MODE: 'reject',
        CHAT_RATE_LIMIT: '3',
        CHAT_RATE_PERIOD_MS: '60000',
      });
    });
    afterAll(() => world.stop());

    it('answers 429 with Retry-After over the limit, and stores nothing of it', async () => {
      const chat = newChatId();
      for (let index = 0; index < 3; index += 1) await world.say(chat, `within ${index}`);
      const { status, headers, body } = await world.post(textUpdate(chat, 'beyond'));
      expect(status).toBe(429);
      expect(Number(headers['retry-after'])).toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60);
      expect(body).toEqual({ statusCode: 429, message: expect.any(String), error: 'Too Many Requests' });
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 3 }));
      expect(world.model.callsAbout('beyond')).toEqual([]);
    });

    it('limits one chat and no other', async () => {
      const chats = [newChatId(), newChatId()];
      for (const chat of chats) {
        for (let index = 0; index < 3; index += 1) await world.say(chat, `mine ${index}`);
      }
    });

    it('does not let a stranger use up a chat’s window', async () => {
      const chat = newChatId();
      for (let index = 0; index < 10; index += 1) {
        await world
          .post(textUpdate(chat, 'forged'))
          .set('X-Telegram-Bot-Api-Secret-Token', 'wrong')
          .expect(401);
      }
      await world.say(chat, 'mine');
    });
  });

  describe('with CHAT_BACKLOG_LIMIT', () => {
    let world: World;

    beforeAll(async () => {
      world = await World.start(backend, { CHAT_BACKLOG_LIMIT: '5' });
    });
    afterAll(() => world.stop());

    it('records messages past the limit as dropped, notifies the chat once, and continues afterwards', async () => {
      const chat = newChatId();
      const held = world.model.hold(`[${chat}] begin`);
      await world.say(chat, `[${chat}] begin`);
      await eventually(() => expect(held.waiting).toBe(1));
      const fitting = Array.from({ length: 5 }, (_, index) => `[${chat}] fits ${index}`);
      for (const text of fitting) await world.say(chat, text);
      for (let index = 0; index < 4; index += 1) {
        await world.post(textUpdate(chat, `[${chat}] too much ${index}`)).expect(200, { status: 'dropped' });
      }
      // The chat is notified while the turn still runs.
      expect(await world.lastOf(chat, 1)).toMatch(/faster than I can answer/);
      expect(await world.eventStates(chat)).toEqual({ claimed: 1, waiting: 5, dropped: 4 });
      held.release();
      await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 6, dropped: 4 }));
      await world.lastOf(chat, 3);
      expect(world.model.callsAbout('too much')).toEqual([]);

      expect(await world.sayAndRead(chat, `[${chat}] after`)).toBe(`Echo: [${chat}] after`);
      expect(world.telegram.textsOf(chat).filter((text) => text.includes('faster than'))).toHaveLength(1);
    });

    it('answers commands all the same', async () => {
      const chat = newChatId();
      const held = world.model.hold(`[${chat}]`);
      await world.say(chat, `[${chat}] begin`);
      await eventually(() => expect(held.waiting).toBe(1));
      for (let index = 0; index < 5; index += 1) await world.say(chat, `[${chat}] ${index}`);
      await world.say(chat, '/help');
      expect(await world.lastOf(chat, 1)).toMatch(/\/reset/);
      held.release();
    });
  });
});
