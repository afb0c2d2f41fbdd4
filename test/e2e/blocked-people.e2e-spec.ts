import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { editUpdate, newChatId, pressUpdate, reactionUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('Somebody who is blocked', (backend) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(backend, { TOOLS_REQUIRE_APPROVAL: 'remember' });
  });
  afterAll(() => world.stop());

  const block = (chat: number, blocked: boolean) =>
    world.admin(`people/telegram:${chat}`, 'patch').send({ blocked }).expect(200);
  const states = (chat: number, expected: object) =>
    eventually(async () => expect(await world.eventStates(chat)).toEqual(expected));

  it('is not heard, whatever they send, and is told nothing', async () => {
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

  it('is not heard in groups, in which others are answered', async () => {
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

  it('is not answered any more where their turn was under way', async () => {
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
