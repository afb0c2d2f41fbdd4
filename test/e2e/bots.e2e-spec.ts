import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { menus } from '../../src/telegram/bot-api/command-menu.js';
import { SECRET, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { TwoBots } from '../support/two-bots.js';
import { newChatId, pressUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('Two bots in one deployment', (backend) => {
  let bots: TwoBots;
  let world: World;
  const stranger = newChatId();

  beforeAll(async () => {
    bots = await TwoBots.start(
      backend,
      {
        TELEGRAM_MODE: 'webhook',
        PUBLIC_URL: 'https://bot.example.org',
        AGENT_SYSTEM_PROMPT: 'You are first.',
      },
      { systemPrompt: 'You are support.', model: 'support-model', allowedChats: [] },
    );
    ({ world } = bots);
  });
  afterAll(() => bots.stop());

  const shown = (chat: number) => bots.support.textsOf(chat);
  const lastOfSupport = (chat: number, count: number) =>
    eventually(() => {
      expect(shown(chat).length).toBeGreaterThanOrEqual(count);
      return shown(chat).at(-1);
    });

  it('register an address for each, with a secret of its own, and publish its menu', async () => {
    await eventually(() => {
      expect(world.telegram.webhook).toMatchObject({
        url: 'https://bot.example.org/webhook/telegram',
        secret_token: SECRET,
      });
      expect(bots.support.webhook).toMatchObject({
        url: 'https://bot.example.org/webhook/telegram/support',
        secret_token: 'the-webhook-secret-of-support',
      });
      for (const bot of [world.telegram, bots.support])
        expect(bot.callsOf('setMyCommands')).toHaveLength(menus().length);
    });
  });

  it('have a conversation of each in one chat, whatever the ids of the updates', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    await world.post(update).expect(200, { status: 'queued' });
    await bots.post(update).expect(200, { status: 'queued' });
    await bots.post(update).expect(200, { status: 'duplicate' });
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
    expect(await lastOfSupport(chat, 1)).toBe(`Echo: [${chat}] hello`);
    await bots.post(textUpdate(chat, `[${chat}] again`)).expect(200);
    await lastOfSupport(chat, 2);

    const { body } = await world.admin(`conversations?search=${chat}`).expect(200);
    const found: { channel: string; messageCount: number }[] = body.items;
    const counts = Object.fromEntries(found.map(({ channel, messageCount }) => [channel, messageCount]));
    expect(counts).toEqual({ telegram: 2, 'telegram:support': 4 });
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });

  it('ask the model of each with its prompt', async () => {
    const chat = newChatId();
    await world.say(chat, `[${chat}] to the first`);
    await bots.post(textUpdate(chat, `[${chat}] to support`)).expect(200);
    await Promise.all([world.lastOf(chat, 1), lastOfSupport(chat, 1)]);
    const asked = world.model
      .callsAbout(`[${chat}]`)
      .map(({ model, messages }) => [model, messages[0]?.content?.split('\n')[0]].join(': '));
    expect(asked.toSorted()).toEqual(['double: You are first.', 'support-model: You are support.']);
  });

  it('refuse at one address the secret of another, and have no further address', async () => {
    const update = textUpdate(stranger, 'hi');
    await bots.post(update, SECRET).expect(401);
    await bots.postTo('/webhook/telegram', update).expect(401);
    await bots.postTo('/webhook/telegram/sales', update).expect(404);
    expect(await bots.eventStates(stranger)).toEqual({});
  });

  it('answer a command, a button and a group by the bot that received it', async () => {
    const group = -newChatId();
    await bots.post(textUpdate(group, '/help@support_bot')).expect(200, { status: 'queued' });
    await bots.post(textUpdate(group, '/help@double_bot')).expect(200, { status: 'ignored' });
    await world.post(textUpdate(group, '/help@support_bot')).expect(200, { status: 'ignored' });
    expect(await lastOfSupport(group, 1)).toContain('/reset');
    expect(world.telegram.textsOf(group)).toEqual([]);
    await bots.post(pressUpdate(newChatId(), 'a button')).expect(200);
    await eventually(() => expect(bots.support.callsOf('answerCallbackQuery')).toHaveLength(1));
    expect(world.telegram.callsOf('answerCallbackQuery')).toEqual([]);
  });

  it('read a file with the token of the bot that received it', async () => {
    const chat = newChatId();
    bots.support.keep(`p${chat}`, Buffer.from([0xff, 0xd8, 0xff, 1]));
    const photo = [{ file_id: `p${chat}`, width: 8, height: 8 }];
    await bots.post(textUpdate(chat, '', { text: undefined, photo, caption: `[${chat}]` })).expect(200);
    await lastOfSupport(chat, 1);
    expect(world.model.callsAbout(`[${chat}]`)[0]?.pictures).toHaveLength(1);
    expect(bots.support.downloads).toEqual([`p${chat}`]);
    expect(world.telegram.downloads).toEqual([]);
  });

  it('migrate the chat of the bot that received the message', async () => {
    const [group, supergroup] = [-newChatId(), -newChatId()];
    await bots.post(textUpdate(group, '/help@support_bot')).expect(200);
    await world.post(textUpdate(group, '/help@double_bot')).expect(200);
    await Promise.all([lastOfSupport(group, 1), world.lastOf(group, 1)]);
    const moved = { text: undefined, migrate_to_chat_id: supergroup };
    await bots.post(textUpdate(group, '', moved)).expect(200, { status: 'queued' });
    await eventually(async () => {
      const places = await world.sql<{ channel: string; chat_id: string }>(
        'SELECT channel, chat_id FROM conversations WHERE chat_id = ANY ($1) ORDER BY channel',
        [[group, supergroup]],
      );
      expect(places).toEqual([
        { channel: 'telegram', chat_id: String(group) },
        { channel: 'telegram:support', chat_id: String(supergroup) },
      ]);
    });
  });

  it('continue with one while Telegram limits the other', async () => {
    const limited = [newChatId(), newChatId(), newChatId()];
    for (const chat of limited)
      world.telegram.failNext({ method: 'sendMessage', chat, with: failures.limited(600) });
    await Promise.all(limited.map((chat) => world.say(chat, `[${chat}] hello`)));
    const gate = await eventually(async () => {
      const { body } = await world.admin('flood-gate').expect(200);
      expect(body.bot).toMatchObject({ channel: 'telegram', pausedUntil: expect.any(String) });
      return body;
    });
    expect(gate.furtherBots).toMatchObject([{ channel: 'telegram:support', pausedUntil: null }]);
    for (const chat of limited) {
      await bots.post(textUpdate(chat, `[${chat}] hello`)).expect(200);
      expect(await lastOfSupport(chat, 1)).toContain('hello');
      expect(world.telegram.textsOf(chat)).toEqual([]);
    }
    await world.sql(`UPDATE flood_windows SET paused_until = NULL WHERE key LIKE 'telegram%'`);
    await world.sql('UPDATE replies SET available_at = clock_timestamp() WHERE settled_at IS NULL');
    for (const chat of limited) expect(await world.lastOf(chat, 1)).toContain('hello');
  });

  it('continue with one while Telegram does not know the token of the other, and report that', async () => {
    const chat = newChatId();
    const ready = () => supertest(world.app.url).get('/health/ready');
    for (const method of ['sendMessage', 'sendChatAction', 'getMe'])
      bots.support.failNext({ method, times: 1_000, with: failures.unauthorised });
    await bots.post(textUpdate(chat, `[${chat}] hello`)).expect(200, { status: 'queued' });
    await eventually(async () => {
      const { body } = await ready().expect(200);
      expect(body).toMatchObject({ parts: { telegramToken: 'ok', 'telegramToken:support': 'unavailable' } });
    });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toContain('hello');
    expect(shown(chat)).toEqual([]);
    bots.support.heal();
    expect(await lastOfSupport(chat, 1)).toContain('hello');
  });
});

describeOnEachBackend('Two bots that poll', (backend) => {
  let bots: TwoBots;

  beforeAll(async () => {
    const settings = { TELEGRAM_MODE: 'polling', TELEGRAM_WEBHOOK_SECRET: undefined };
    bots = await TwoBots.start(backend, settings, { webhookSecret: undefined, chatRateLimit: 2 });
  });
  afterAll(() => bots.stop());

  it('fetch the updates of each, even with the same ids in the same chat', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] hello`);
    for (const bot of [bots.world.telegram, bots.support]) bot.push(update);
    for (const bot of [bots.world.telegram, bots.support])
      await eventually(() => expect(bot.textsOf(chat)).toEqual([`Echo: [${chat}] hello`]));
    expect(await bots.eventStates(chat)).toEqual({ 'telegram done': 1, 'telegram:support done': 1 });
  });

  it('give each its own limits', async () => {
    const chat = newChatId();
    const updates = Array.from({ length: 3 }, (_, n) => textUpdate(chat, `[${chat}] ${n}`));
    bots.support.push(...updates);
    bots.world.telegram.push(...updates);
    await eventually(async () =>
      expect(await bots.eventStates(chat)).toEqual({
        'telegram done': 3,
        'telegram:support done': 2,
        'telegram:support waiting': 1,
      }),
    );
  });
});

describe('A bot that was removed from the file', () => {
  let bots: TwoBots;
  let world: World;

  beforeAll(async () => {
    bots = await TwoBots.start('postgresql', {});
    ({ world } = bots);
  });
  afterAll(() => bots.stop());

  it('is not replaced by another, and its waiting work is done when it is back', async () => {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}]`);
    await bots.post(textUpdate(chat, `[${chat}] hello`)).expect(200);
    await eventually(() => expect(held.waiting).toBe(1));
    await world.stopApp();
    held.release();
    const calls = world.model.callsAbout(`[${chat}]`).length;

    await world.startApp();
    await bots.post(textUpdate(chat, 'more')).expect(404);
    const other = newChatId();
    expect(await world.sayAndRead(other, `[${other}] hello`)).toContain('hello');
    expect(await bots.eventStates(chat)).toEqual({ 'telegram:support claimed': 1 });
    expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(calls);
    await world.stopApp();

    await bots.startApp();
    await eventually(() => expect(bots.support.textsOf(chat)).toEqual([`Echo: [${chat}] hello`]));
    expect(world.telegram.textsOf(chat)).toEqual([]);
  });
});
