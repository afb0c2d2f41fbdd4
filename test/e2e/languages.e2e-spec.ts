import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, pressUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('A message that no model wrote', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { TOOLS_REQUIRE_APPROVAL: 'remember' });
  });
  afterAll(() => world.stop());

  /** A user with this app language writes, and reads the next message of the bot. */
  async function say(chat: number, language: string, text: string): Promise<string> {
    const shown = world.telegram.textsOf(chat).length;
    const from = { id: Math.abs(chat), is_bot: false, first_name: 'Ada', language_code: language };
    await world.post(textUpdate(chat, text, { from })).expect(200, { status: 'queued' });
    return await world.lastOf(chat, shown + 1);
  }

  it.each([
    ['de-AT', 'Es gibt nichts abzubrechen.'],
    ['es', 'No hay nada que detener.'],
    ['zh-hans', '没有可以停止的内容。'],
    ['ru', 'Останавливать нечего.'],
    ['pt-br', 'There is nothing to stop.'],
  ])('is in the language of the user: %s', async (language, words) => {
    expect(await say(newChatId(), language, '/stop')).toBe(words);
  });

  it('is in the language of the author, in a group too', async () => {
    const chat = -newChatId();
    expect(await say(chat, 'ru', '/stop')).toBe('Останавливать нечего.');
    expect(await say(chat, 'es', '/stop')).toBe('No hay nada que detener.');
  });

  it('apologises for a failed turn', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}] no`, { status: 401 });
    expect(await say(chat, 'ru', `[${chat}] no`)).toMatch(/^К сожалению, что-то пошло не так/);
  });

  it('asks about a tool call, and reports its outcome', async () => {
    const chat = newChatId();
    const calls = [{ name: 'remember', arguments: { fact: 'tea' } }];
    world.model.script(`[${chat}] please`, { calls }, { text: 'done' });
    expect(await say(chat, 'de', `[${chat}] please`)).toMatch(/^Darf ich das tun\?/);
    const buttons = JSON.stringify(world.telegram.callsOf('sendMessage', chat)[0]?.params['reply_markup']);
    expect(buttons).toContain('✅ Erlauben');
    const update = pressUpdate(chat, /approval:no:[0-9a-f-]+/.exec(buttons)?.[0] ?? 'none');
    await world.post(update).expect(200, { status: 'queued' });
    await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^Abgelehnt \(Ada Lovelace\):/));
  });
});
