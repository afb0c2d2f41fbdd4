import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import type { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import type { TelegramDouble } from '../support/telegram-double.js';
import { TwoBots } from '../support/two-bots.js';
import { editUpdate, newChatId, pressUpdate, textUpdate } from '../support/updates.js';

const CODE = /[2-9BCDFGHJKMNPQRSTWXZ]{6}/;

describeOnEachBackend('Two bots with pairing in one group', (backend) => {
  const owner = newChatId();
  let bots: TwoBots;
  let world: World;

  beforeAll(async () => {
    bots = await TwoBots.start(backend, {
      TELEGRAM_ACCESS: 'pairing',
      TELEGRAM_OWNERS: String(owner),
      GROUP_CONTEXT_MESSAGES: '10',
      TOOLS_REQUIRE_APPROVAL: 'remember',
    });
    ({ world } = bots);
    // Until they know their own names they accept messages that may be for them.
    await eventually(async () => {
      await world.post(textUpdate(-newChatId(), '/help@support_bot')).expect({ status: 'ignored' });
      await bots.post(textUpdate(-newChatId(), '/help@double_bot')).expect({ status: 'ignored' });
    });
  });
  afterAll(() => bots.stop());

  const both = () =>
    [
      [world.telegram, (update: object) => world.post(update)],
      [bots.support, (update: object) => bots.post(update)],
    ] as const;
  const lastOf = (bot: TelegramDouble, chat: number, count: number) =>
    eventually(() => {
      expect(bot.textsOf(chat).length).toBeGreaterThanOrEqual(count);
      return bot.textsOf(chat).at(-1) ?? '';
    });
  const codeAt = async (bot: TelegramDouble, chat: number) =>
    CODE.exec(await lastOf(bot, chat, 1))?.[0] ?? '';
  const buttonFor = (bot: TelegramDouble, code: string, verdict: 'yes' | 'no') =>
    eventually(() => {
      const question = bot
        .callsOf('sendMessage', owner)
        .find(({ params }) => String(params['text']).includes(code));
      const found = new RegExp(`"(pairing:${verdict}:[^"]+)"`).exec(
        JSON.stringify(question?.params['reply_markup'] ?? null),
      );
      if (!found?.[1]) throw new Error('not asked yet');
      return found[1];
    });

  it('let a person in at the bot whose request is approved, by its own question, and not at the other', async () => {
    const chat = newChatId();
    for (const [, post] of both()) await post(textUpdate(chat, `[${chat}] let me in`)).expect(200);
    const [first, second] = [await codeAt(world.telegram, chat), await codeAt(bots.support, chat)];
    expect(first).not.toBe(second);
    const yes = await buttonFor(bots.support, second, 'yes');
    expect(world.telegram.textsOf(owner).join()).not.toContain(second);
    await bots.post(pressUpdate(owner, yes)).expect(200);
    expect(await lastOf(bots.support, chat, 2)).toMatch(/^You have been let in/);
    await bots.post(textUpdate(chat, `[${chat}] at last`)).expect(200);
    expect(await lastOf(bots.support, chat, 3)).toBe(`Echo: [${chat}] at last`);
    await world.post(textUpdate(chat, `[${chat}] and you?`)).expect(200);
    await eventually(async () => expect(await bots.eventStates(chat)).toMatchObject({ 'telegram done': 2 }));
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
    expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(1);
  });

  it('keep group messages for each bot of people with access to it, whichever bot receives them first', async () => {
    const [group, known, other] = [-newChatId(), newChatId(), newChatId()];
    const person = (id: number) => ({ id, is_bot: false, first_name: 'Bob' });
    for (const user of [known, other]) {
      await world.post(textUpdate(user, 'hi')).expect(200);
      await codeAt(world.telegram, user);
      await bots.post(textUpdate(user, 'hi')).expect(200);
      await codeAt(bots.support, user);
    }
    for (const key of [`telegram:${known}`, `telegram:support:${other}`])
      await world.admin(`people/${key}`, 'patch').send({ role: 'user' }).expect(200);
    // All in one batch of the inbox, or nearly.
    const said = Array.from({ length: 10 }, (_, n) => n % 2).map((n) =>
      textUpdate(group, n === 0 ? 'of known' : 'of other', { from: person(n === 0 ? known : other) }),
    );
    await Promise.all(said.flatMap((update) => both().map(([, post]) => post(update).expect(200))));
    const kept = await world.sql(
      `SELECT DISTINCT c.channel, o.text FROM group_context_messages o JOIN conversations c ON c.id = o.conversation_id
       WHERE c.chat_id = $1 ORDER BY 1`,
      [group],
    );
    expect(kept).toEqual([
      { channel: 'telegram', text: 'of known' },
      { channel: 'telegram:support', text: 'of other' },
    ]);
  });

  it('accept a tool call’s approval from the admins of the call’s bot, whatever a button carries', async () => {
    const [admin, fact] = [newChatId(), `fact of ${owner}`];
    const call = { name: 'remember', arguments: { fact } };
    world.model.script(`[${owner}] please`, { calls: [call] }, { text: `[${owner}] done` });
    await world.post(textUpdate(owner, `[${owner}] please`)).expect(200);
    const yes = await eventually(() => {
      const asked = JSON.stringify(world.telegram.callsOf('sendMessage', owner).at(-1)?.params ?? null);
      const found = /"callback_data\\*":\\*"(approval:yes:[^"\\]+)/.exec(asked)?.[1];
      if (found === undefined) throw new Error('not asked yet');
      return found;
    });
    await bots.post(textUpdate(admin, 'hi')).expect(200);
    await codeAt(bots.support, admin);
    await world.admin(`people/telegram:support:${admin}`, 'patch').send({ role: 'admin' }).expect(200);
    const presses = bots.support.callsOf('answerCallbackQuery').length;
    await bots.post(pressUpdate(admin, yes)).expect(200);
    await eventually(() => expect(bots.support.callsOf('answerCallbackQuery')).toHaveLength(presses + 1));
    expect(await world.sql('SELECT state FROM approvals')).toEqual([{ state: 'pending' }]);
    await world.post(pressUpdate(owner, yes)).expect(200);
    await eventually(() => expect(world.telegram.textsOf(owner)).toContain(`[${owner}] done`));
  });

  it('have settings, a window and an answer of each in one group', async () => {
    const group = -newChatId();
    for (const bot of [world.telegram, bots.support]) bot.join(group, owner, 'administrator');
    const from = { id: owner, is_bot: false, first_name: 'Olga' };
    for (const [, post] of both())
      await post(textUpdate(group, '/settings@support_bot window off', { from })).expect(200);
    expect(await lastOf(bots.support, group, 1)).toContain('I do not keep');
    expect(world.telegram.textsOf(group)).toEqual([]);
    expect(world.telegram.callsOf('getChatMember')).toEqual([]);
    expect(bots.support.callsOf('getChatMember', group)).toHaveLength(1);
    const asked = textUpdate(group, `@double_bot [${group}] hello`, { from });
    const talk = textUpdate(group, 'said before', { from });
    for (const update of [talk, asked]) for (const [, post] of both()) await post(update).expect(200);
    await lastOf(world.telegram, group, 1);
    for (const [, post] of both()) await post(editUpdate(talk, 'said before, edited')).expect(200);
    expect(bots.support.textsOf(group)).toHaveLength(1);
    const rows = await world.sql(
      `SELECT c.channel, o.text FROM group_context_messages o JOIN conversations c ON c.id = o.conversation_id
       WHERE c.chat_id = $1`,
      [group],
    );
    expect(rows).toEqual([{ channel: 'telegram', text: 'said before, edited' }]);
  });

  it('name the intended conversation when both know a chat, and send by the right bot', async () => {
    for (const [bot, post] of both()) {
      await post(textUpdate(owner, `[${owner}] hi`)).expect(200);
      await eventually(() => expect(bot.textsOf(owner).join()).toContain('Echo'));
    }
    const send = async (...args: string[]) => {
      const printed = { out: '', err: '' };
      const out = { write: (text: string) => (printed.out += text) };
      const err = { write: (text: string) => (printed.err += text) };
      const env = () => ({ ...world.env(), ...bots.environment() });
      return { code: await runCli(['send', ...args], env, out, err), ...printed };
    };
    const which = await send(String(owner), 'hello');
    expect(which.code).toBe(1);
    const ids = await world.sql<{ id: string }>(
      `SELECT id FROM conversations WHERE chat_id = $1 AND channel = 'telegram:support'`,
      [owner],
    );
    const id = ids[0]?.id ?? '';
    expect(which.err).toContain(`${id} (telegram:support)`);
    expect((await send(id, 'by support')).code).toBe(0);
    expect(bots.support.textsOf(owner)).toContain('by support');
    expect(world.telegram.textsOf(owner)).not.toContain('by support');
  });
});
