import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('A schedule', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  /** The model makes this call when the chat asks for it. */
  async function planned(chat: number, name: string, fields: object): Promise<void> {
    world.model.script(
      `[${chat}] plan`,
      { calls: [{ name, arguments: fields }] },
      { text: `[${chat}] planned` },
    );
    expect(await world.sayAndRead(chat, `[${chat}] plan`)).toBe(`[${chat}] planned`);
  }
  const remind = (chat: number) => planned(chat, 'remind_me', { text: `tea for ${chat}`, at: '1w' });

  /** As passing time does. */
  async function comes(chat: number): Promise<void> {
    await world.sql('UPDATE schedules SET next_at = clock_timestamp() WHERE conversation_id = $1', [
      await world.conversationId(chat),
    ]);
  }
  const stateOf = async (chat: number) =>
    (
      await world.sql<{ state: string }>('SELECT state FROM schedules WHERE conversation_id = $1', [
        await world.conversationId(chat),
      ])
    ).map(({ state }) => state);

  it('sends a reminder, word for word, once, and the agent knows that it did', async () => {
    const chat = newChatId();
    await remind(chat);
    await comes(chat);
    expect(await world.lastOf(chat, 2)).toBe(`tea for ${chat}`);
    const result = world.model.callsAbout(`[${chat}] plan`)[1]?.messages.at(-1)?.content;
    expect(result).toMatch(/^Planned as number 1: it will be sent at \d{4}-.*UTC/);
    expect(await world.sayAndRead(chat, `[${chat}] thanks`)).toBe(`Echo: [${chat}] thanks`);
    const context = world.model.callsAbout(`[${chat}] thanks`)[0]?.messages.map(({ content }) => content);
    expect(context).toContain(`tea for ${chat}`);
    expect(world.telegram.textsOf(chat).filter((text) => text === `tea for ${chat}`)).toHaveLength(1);
    expect((await world.history(chat)).find(({ text }) => text === `tea for ${chat}`)).toMatchObject({
      role: 'assistant',
      delivery: { state: 'sent' },
    });
  });

  it('survives a restart, and fires once for missed times', async () => {
    const chat = newChatId();
    await remind(chat);
    await world.stopApp();
    await comes(chat);
    await world.startApp();
    expect(await world.lastOf(chat, 2)).toBe(`tea for ${chat}`);
    expect(await stateOf(chat)).toEqual(['done']);
  });

  it('starts turns of the agent, again and again', async () => {
    const chat = newChatId();
    await planned(chat, 'schedule', {
      text: `[${chat}] the news`,
      cron: '0 9 * * *',
      timeZone: 'Europe/Berlin',
    });
    world.model.script(`[${chat}] the news`, { text: 'Nothing new.' });
    for (const time of [1, 2]) {
      await comes(chat);
      expect(await world.lastOf(chat, 1 + time)).toBe('Nothing new.');
    }
    const [asked] = world.model.callsAbout(`[${chat}] the news`).slice(-1);
    expect(asked?.messages.at(-1)?.content).toMatch(/^\[Schedule 1 .*Nobody writes this now/);
    expect(await stateOf(chat)).toEqual(['planned']);
  });

  it('has one effect even if two processes look for it', async () => {
    const second = await world.startApp({ APP_ROLE: 'worker' });
    const chats = Array.from({ length: 10 }, newChatId);
    for (const chat of chats) await remind(chat);
    await Promise.all(chats.map(comes));
    for (const chat of chats) expect(await world.lastOf(chat, 2)).toBe(`tea for ${chat}`);
    await world.stopApp(second);
    for (const chat of chats) expect(world.telegram.textsOf(chat)).toHaveLength(2);
  });

  it('is shown and cancelled with /schedules, without the model', async () => {
    const chat = newChatId();
    expect(await world.sayAndRead(chat, '/schedules')).toMatch(/^Nothing is planned/);
    await remind(chat);
    const calls = world.model.calls.length;
    expect(await world.sayAndRead(chat, '/schedules')).toMatch(new RegExp(`1: .*tea for ${chat}`));
    expect(await world.sayAndRead(chat, '/reset')).toMatch(/new beginning/);
    expect(await world.sayAndRead(chat, '/schedules cancel 1')).toMatch(/^Cancelled: 1/);
    expect(await world.sayAndRead(chat, '/schedules')).toMatch(/^Nothing is planned/);
    expect(world.model.calls).toHaveLength(calls);
    expect(await stateOf(chat)).toEqual(['cancelled']);
  });

  it('waits while the chat is paused, and is deleted when it is erased', async () => {
    const chat = newChatId();
    await remind(chat);
    const id = await world.conversationId(chat);
    await world.sql(`UPDATE conversations SET status = 'paused' WHERE id = $1`, [id]);
    await comes(chat);
    const other = newChatId();
    await remind(other);
    await comes(other);
    await world.lastOf(other, 2);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
    await world.sql(`UPDATE conversations SET status = 'active' WHERE id = $1`, [id]);
    await world.lastOf(chat, 2);
    await world.admin(`conversations/${id}`, 'delete').expect(204);
    expect(await world.sql('SELECT FROM schedules WHERE conversation_id = $1', [id])).toEqual([]);
  });

  it('can be made by an operator too', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const conversationId = await world.conversationId(chat);
    const plan = { conversationId, kind: 'reminder', text: `news for ${chat}`, at: '1s' };
    const { body } = await world.admin('schedules', 'post').send(plan).expect(201);
    expect(await world.lastOf(chat, 2)).toBe(`news for ${chat}`);
    await eventually(async () => {
      const answer = await world.admin(`schedules/${body.id}`).expect(200);
      expect(answer.body).toMatchObject({ state: 'done', nextAt: null });
    });
  });
});
