import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { startApart } from '../support/start-apart.js';
import { failures } from '../support/telegram-double.js';
import { newChatId, stopUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('An answer that is shown as a draft', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.prepare(backend, { AGENT_STREAMING: 'draft' });
    await startApart(world);
  });
  afterAll(() => world.stop());

  /** A private chat that sees the beginning of an answer. */
  async function watchingChat(language = 'en') {
    const chat = newChatId();
    const hold = world.model.gate();
    world.model.script(`[${chat}] story`, { pieces: ['Once **upon', ' a time**', '.'], hold });
    const from = { id: chat, is_bot: false, first_name: 'Ada', language_code: language };
    await world.post(textUpdate(chat, `[${chat}] story`, { from })).expect(200);
    await eventually(() => expect(world.telegram.draftOf(chat)).toBe('Once **upon'));
    const draftId = Number(world.telegram.callsOf('sendMessageDraft', chat)[0]?.params['draft_id']);
    return { chat, hold, draftId };
  }

  const press = (chat: number, draftId: number) =>
    world.post(stopUpdate(chat, draftId)).expect(200, { status: 'queued' });
  const shown = (chat: number) => world.telegram.textsOf(chat);
  const turnsOf = (chat: number) =>
    world.sql<{ state: string }>(
      `SELECT t.state FROM turns t JOIN conversations c ON c.id = t.conversation_id
       WHERE c.chat_id = $1 ORDER BY t.id`,
      [chat],
    );

  it('ends as one new message, which is never edited', async () => {
    const { chat, hold } = await watchingChat();
    expect(shown(chat)).toEqual([]);
    hold.release();
    await eventually(() => expect(shown(chat)).toEqual(['Once upon a time.']));
    expect(world.telegram.draftOf(chat)).toBeNull();
    expect(world.telegram.callsOf('sendMessage', chat)).toHaveLength(1);
    expect(world.telegram.callsOf('editMessageText', chat)).toEqual([]);
    await eventually(async () =>
      expect((await world.history(chat)).at(-1)).toMatchObject({ delivery: { state: 'sent', attempts: 1 } }),
    );
  });

  it('is sent at most once more when its arrival is unknown, as any reply', async () => {
    const { chat, hold } = await watchingChat();
    world.telegram.failNext({ method: 'sendMessage', chat, with: failures.resetAfter });
    hold.release();
    await eventually(() => expect(shown(chat)).toEqual(['Once upon a time.', 'Once upon a time.']));
    await eventually(async () =>
      expect((await world.history(chat)).at(-1)).toMatchObject({ delivery: { state: 'uncertain' } }),
    );
  });

  it('can be stopped by its button, and its text stays', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { chat, draftId } = await watchingChat(round === 0 ? 'de' : 'en');
      await press(chat, draftId);
      const words = round === 0 ? '(Hier abgebrochen.)' : '(Stopped here.)';
      await eventually(() => expect(shown(chat)).toEqual([`Once **upon\n\n${words}`]));
      await eventually(() => expect(world.model.callsAbout(`[${chat}] story`)[0]?.abandoned).toBe(true));
      expect(await turnsOf(chat)).toEqual([{ state: 'cancelled' }]);
      expect(await world.sayAndRead(chat, `[${chat}] next`)).toBe(`Echo: [${chat}] next`);
      expect(shown(chat)).toHaveLength(2);
    }
  });

  it('is stopped once, however often its button is pressed, and not by another one’s', async () => {
    const { chat, hold, draftId } = await watchingChat();
    const other = await watchingChat();
    await press(chat, other.draftId);
    await press(chat, draftId + 1);
    expect(await world.sayAndRead(chat, '/mode')).toMatch(/^When you write/);
    expect(await turnsOf(chat)).toEqual([{ state: 'running' }]);

    await Promise.all([press(chat, draftId), press(chat, draftId), press(chat, draftId)]);
    await world.say(chat, `[${chat}] behind`);
    await eventually(() =>
      expect(shown(chat).slice(1)).toEqual(['Once **upon\n\n(Stopped here.)', `Echo: [${chat}] behind`]),
    );
    await press(chat, draftId);
    expect(await world.sayAndRead(chat, `[${chat}] next`)).toBe(`Echo: [${chat}] next`);
    expect((await turnsOf(chat)).map(({ state }) => state)).toEqual(['cancelled', 'done', 'done']);
    hold.release();
    other.hold.release();
    await eventually(() => expect(shown(other.chat)).toEqual(['Once upon a time.']));
  });

  it('does not prevent the answer when Telegram refuses it', async () => {
    const chat = newChatId();
    const hold = world.model.gate();
    world.model.script(`[${chat}] story`, { pieces: ['Once', ' more.'], hold });
    world.telegram.failNext({ method: 'sendMessageDraft', chat, with: failures.badRequest('no drafts') });
    await world.say(chat, `[${chat}] story`);
    await eventually(() => expect(world.telegram.callsOf('sendMessageDraft', chat)).toHaveLength(1));
    hold.release();
    expect(await world.lastOf(chat, 1)).toBe('Once more.');
  });

  it('is edited into a message in a group', async () => {
    const chat = -newChatId();
    const hold = world.model.gate();
    const text = `/ask@${world.telegram.bot.username} [${chat}]`;
    world.model.script(`[${chat}]`, { pieces: ['Once', ' more.'], hold });
    await world.say(chat, text);
    await eventually(() => expect(shown(chat)).toEqual(['Once ▌']));
    hold.release();
    await eventually(() => expect(shown(chat)).toEqual(['Once more.']));
    expect(world.telegram.callsOf('sendMessageDraft', chat)).toEqual([]);
  });
});
