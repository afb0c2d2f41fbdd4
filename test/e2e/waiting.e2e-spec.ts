import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('A chat that has to wait', (backend) => {
  let world: World;
  const shown = (chat: number) => world.telegram.textsOf(chat);
  const sends = (chat: number) => world.telegram.callsOf('sendMessage', chat).length;

  describe('for its own limit', () => {
    beforeAll(async () => {
      world = await World.start(backend, {
        CHAT_WAIT_NOTICE: 'true',
        CHAT_RATE_LIMIT: '1',
        CHAT_RATE_PERIOD_MS: '12000',
      });
    });
    afterAll(() => world.stop());

    it('is notified how long, and the message becomes the answer', async () => {
      const chat = newChatId();
      await world.sayAndRead(chat, `[${chat}] 1`);
      expect(await world.sayAndRead(chat, `[${chat}] 2`)).toMatch(/^You have written more .* \d+ seconds\.$/);
      await eventually(() => expect(shown(chat)).toEqual([`Echo: [${chat}] 1`, `Echo: [${chat}] 2`]), {
        withinMs: 20_000,
      });
      expect(sends(chat)).toBe(2);
    });

    it('gets no notice of messages that are not for the bot', async () => {
      const group = -newChatId();
      await eventually(() =>
        world.post(textUpdate(group, '@some_other_bot hi')).expect({ status: 'ignored' }),
      );
      await world.sayAndRead(group, `@${world.telegram.bot.username} [${group}]`);
      for (const text of ['Good morning!', 'Morning!'])
        await world.post(textUpdate(group, text)).expect(200, { status: 'ignored' });
      await world.sayAndRead(group, '/mode');
      expect(shown(group)).toHaveLength(2);
    });
  });

  describe('for a free worker', () => {
    beforeAll(async () => {
      world = await World.start(backend, { CHAT_WAIT_NOTICE: 'true', WORKER_CONCURRENCY: '1' });
    });
    afterAll(() => world.stop());

    it('is notified of its place and about how long, and the message becomes the answer', async () => {
      const busy = newChatId();
      const held = world.model.hold(`[${busy}] long`);
      await world.say(busy, `[${busy}] long`);
      await eventually(() => expect(held.waiting).toBe(1));
      const chats = [newChatId(), newChatId(), newChatId()];
      for (const chat of chats) await world.say(chat, `[${chat}] hello`);
      const notice = /^You are number \d in line: about \d+ (seconds|minute)\.$/;
      await eventually(
        () => expect(chats.map((chat) => shown(chat)[0]?.match(notice)?.length)).toEqual([2, 2, 2]),
        {
          withinMs: 40_000,
        },
      );
      expect(chats.map((chat) => Number(/number (\d)/.exec(shown(chat)[0] ?? '')?.[1]))).toEqual([1, 2, 3]);
      held.release();
      for (const chat of chats)
        await eventually(() => expect(shown(chat)).toEqual([`Echo: [${chat}] hello`]), { withinMs: 20_000 });
      expect(chats.map(sends)).toEqual([1, 1, 1]);
      expect(shown(busy)).toEqual([`Echo: [${busy}] long`]);
    });
  });
});
