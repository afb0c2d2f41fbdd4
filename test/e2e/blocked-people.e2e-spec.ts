import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { editUpdate, newChatId, pressUpdate, reactionUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('A blocked person', (backend) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(backend, { TOOLS_REQUIRE_APPROVAL: 'remember' });
  });
  afterAll(() => world.stop());

  const block = (chat: number, blocked: boolean) =>
    world.admin(`people/telegram:${chat}`, 'patch').send({ blocked }).expect(200);
  const states = (chat: number, expected: object) =>
    eventually(async () => expect(await world.eventStates(chat)).toEqual(expected));

  it('gets no answer and no notice, whatever they send', async () => {
    const chat = newChatId();
    const first = textUpdate(chat, `[${chat}] hi`);
    await world.post(first).expect(200);
    await world.lastOf(chat, 1);
    await block(chat, true);
    const calls = world.model.calls.length;
    const button = pressUpdate(chat, 'approval:yes:0197a3a0-0000-7000-8000-000000000001');
    for (const update of [
      textUpdate(chat, `[${chat}] hello?`),
      textUpdate(chat, '/help'),
      textUpdate(chat, '/start'),
      editUpdate(first, `[${chat}] changed`),
      reactionUpdate(chat, 1, { now: '👍' }),
      button,
    ])
      await world.post(update).expect(200, { status: 'queued' });
    await states(chat, { done: 1, dropped: 6 });
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
    expect(world.model.calls).toHaveLength(calls);
    await eventually(() => {
      const answered = world.telegram
        .callsOf('answerCallbackQuery')
        .find(({ params }) => params['callback_query_id'] === button.callback_query.id);
      expect(answered?.params).toEqual({ callback_query_id: button.callback_query.id });
    });
    await block(chat, false);
    expect(await world.sayAndRead(chat, `[${chat}] thanks`)).toBe(`Echo: [${chat}] thanks`);
  });

  it('gets no answer in groups, where others are answered', async () => {
    const [chat, group] = [newChatId(), -newChatId()];
    await world.sayAndRead(chat, 'hi');
    await block(chat, true);
    const mention = `@${world.telegram.bot.username}`;
    const by = (id: number) => ({ from: { id, is_bot: false, first_name: `N${id}` } });
    await world.post(textUpdate(group, `${mention} [${group}] one`, by(chat))).expect(200);
    await states(group, { dropped: 1 });
    await world.post(textUpdate(group, `${mention} [${group}] two`, by(newChatId()))).expect(200);
    expect(await world.lastOf(group, 1)).toMatch(/^Echo: N\d+: .*two/);
    await states(group, { dropped: 1, done: 1 });
  });

  it('gets no answer as an anonymous admin of their group; its other people do, in their own names', async () => {
    const [owner, other, group] = [newChatId(), newChatId(), -newChatId()];
    const free = -newChatId();
    await world.sayAndRead(owner, 'hi');
    await block(owner, true);
    world.telegram.join(group, owner, 'creator');
    world.telegram.join(group, other, 'administrator');
    world.telegram.join(free, other, 'creator');
    const inNameOf = (id: number) => ({
      from: { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' },
      sender_chat: { id, type: 'supergroup', title: 'A group' },
    });
    const mention = `@${world.telegram.bot.username}`;
    await world.post(textUpdate(group, `${mention} [${group}] one`, inNameOf(group))).expect(200);
    await world.post(textUpdate(group, `/help@${world.telegram.bot.username}`, inNameOf(group))).expect(200);
    await states(group, { dropped: 2 });
    const by = { from: { id: other, is_bot: false, first_name: 'Bo' } };
    await world.post(textUpdate(group, `${mention} [${group}] two`, by)).expect(200);
    expect(await world.lastOf(group, 1)).toMatch(/two$/);
    await world.post(textUpdate(free, `${mention} [${free}] three`, inNameOf(free))).expect(200);
    expect(await world.lastOf(free, 1)).toMatch(/three$/);
  });

  it('gets no answer to a turn that was under way', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hi`);
    world.model.script(
      `[${chat}] please`,
      { calls: [{ name: 'remember', arguments: { fact: `fact of ${chat}` } }] },
      { text: `[${chat}] done` },
    );
    await world.sayAndRead(chat, `[${chat}] please`);
    await block(chat, true);
    const [approval] = await world.sql<{ id: string }>(
      `SELECT a.id FROM approvals a JOIN conversations c ON c.id = a.conversation_id WHERE c.chat_id = $1`,
      [chat],
    );
    await world.post(pressUpdate(chat, `approval:yes:${approval?.id}`)).expect(200);
    await states(chat, { done: 1, claimed: 1, dropped: 1 });
    await world.admin(`approvals/${approval?.id}/approve`, 'post').expect(200);
    await states(chat, { done: 1, dropped: 2 });
    expect(world.model.callsAbout(`[${chat}] please`)).toHaveLength(1);
    expect(await world.sql('SELECT 1 FROM facts WHERE text = $1', [`fact of ${chat}`])).toEqual([]);
  });
});
