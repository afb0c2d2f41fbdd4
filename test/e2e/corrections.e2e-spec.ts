import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { editUpdate, newChatId, type TelegramUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('An edit of an answered message, where answers are corrected,', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, {
      AGENT_CORRECT_EDITED_ANSWERS: 'true',
      TOOLS_REQUIRE_APPROVAL: 'remember',
    });
  });
  afterAll(() => world.stop());

  const post = (update: object) => world.post(update).expect(200, { status: 'queued' });
  const callsOf = (chat: number) => world.model.callsAbout(`[${chat}]`);

  /** A chat in which a message with a mistake was answered. */
  async function answered(chat = newChatId()): Promise<{ chat: number; typo: TelegramUpdate }> {
    const typo = textUpdate(chat, `[${chat}] typo`);
    const before = world.telegram.textsOf(chat).length;
    await post(typo);
    await world.lastOf(chat, before + 1);
    return { chat, typo };
  }

  const shows = (chat: number, ...texts: string[]) =>
    eventually(() => expect(world.telegram.textsOf(chat)).toEqual(texts));

  it('is answered anew by an edit of the answer, and the history has the new ones only', async () => {
    const { chat, typo } = await answered();
    await post(editUpdate(typo, `[${chat}] right`));
    await shows(chat, `Echo: [${chat}] right`);
    expect(world.telegram.callsOf('sendMessage', chat)).toHaveLength(1);
    expect(callsOf(chat).at(-1)?.messages.slice(1)).toMatchObject([
      { role: 'user', content: `[${chat}] right` },
    ]);
    await world.sayAndRead(chat, `[${chat}] next`);
    expect(
      callsOf(chat)
        .at(-1)
        ?.messages.slice(1)
        .map(({ content }) => content),
    ).toEqual([`[${chat}] right`, `Echo: [${chat}] right`, `[${chat}] next`]);
    expect((await world.history(chat)).map(({ text, delivery }) => [text, delivery?.state])).toEqual([
      [`[${chat}] right`, undefined],
      [`Echo: [${chat}] right`, 'sent'],
      [`[${chat}] next`, undefined],
      [`Echo: [${chat}] next`, 'sent'],
    ]);
  });

  it('is corrected as often as it is edited, and not by a link preview', async () => {
    const { chat, typo } = await answered();
    for (const word of ['second', 'third', 'typo']) {
      await post(editUpdate(typo, `[${chat}] ${word}`));
      await shows(chat, `Echo: [${chat}] ${word}`);
    }
    await post(editUpdate(typo, `[${chat}] typo`));
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 5 }));
    expect(callsOf(chat)).toHaveLength(4);
    expect(world.telegram.callsOf('sendMessage', chat)).toHaveLength(1);
  });

  it('further up in the chat is corrected there, as if it were the last message', async () => {
    const { chat, typo } = await answered();
    await world.sayAndRead(chat, `[${chat}] later`);
    await post(editUpdate(typo, `[${chat}] right`));
    await shows(chat, `Echo: [${chat}] right`, `Echo: [${chat}] later`);
    expect(callsOf(chat).at(-1)?.messages).toHaveLength(2);
  });

  it('whose answer had or takes several messages is answered by new ones that reply to it', async () => {
    const { chat, typo } = await answered();
    world.model.script(`[${chat}] long`, { text: 'word '.repeat(1_000) });
    await post(editUpdate(typo, `[${chat}] long`));
    await eventually(() => expect(world.telegram.textsOf(chat)).toHaveLength(3));
    await post(editUpdate(typo, `[${chat}] short`));
    expect(await world.lastOf(chat, 4)).toBe(`Echo: [${chat}] short`);
    await post(editUpdate(typo, `[${chat}] shorter`));
    await eventually(() => expect(world.telegram.textsOf(chat)[3]).toBe(`Echo: [${chat}] shorter`));
    const replies = world.telegram
      .callsOf('sendMessage', chat)
      .map(({ params }) => params['reply_parameters'] ?? null);
    const toTypo = { message_id: typo.message['message_id'], allow_sending_without_reply: true };
    expect(replies).toEqual([null, toTypo, null, toTypo]);
    expect((await world.history(chat)).map(({ text }) => text)).toEqual([
      `[${chat}] shorter`,
      `Echo: [${chat}] shorter`,
    ]);
  });

  it('whose answer cannot be edited any more is answered by a new message that replies to it', async () => {
    const { chat, typo } = await answered();
    world.telegram.failNext({
      method: 'editMessageText',
      chat,
      with: failures.badRequest("message can't be edited"),
    });
    await post(editUpdate(typo, `[${chat}] right`));
    await shows(chat, `Echo: [${chat}] typo`, `Echo: [${chat}] right`);
    expect(world.telegram.callsOf('sendMessage', chat).at(-1)?.params['reply_parameters']).toMatchObject({
      message_id: typo.message['message_id'],
    });
  });

  it('has a turn in its place: it interrupts no running turn, and is not interrupted', async () => {
    const { chat, typo } = await answered();
    const id = await world.conversationId(chat);
    await world.admin(`conversations/${id}`, 'patch').send({ busyMode: 'interrupt' }).expect(200);
    const held = world.model.hold(`[${chat}]`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(held.waiting).toBe(1));
    await post(editUpdate(typo, `[${chat}] right`));
    await eventually(async () => expect(await world.eventStates(chat)).toMatchObject({ waiting: 1 }));
    expect(callsOf(chat)[1]?.abandoned).toBe(false);
    held.release();
    await shows(chat, `Echo: [${chat}] right`, `Echo: [${chat}] first`);
    const again = world.model.hold(`[${chat}] wrong`);
    await post(editUpdate(typo, `[${chat}] wrong`));
    await eventually(() => expect(again.waiting).toBe(1));
    await post(editUpdate(typo, `[${chat}] best`));
    await world.say(chat, `[${chat}] second`);
    await eventually(async () => expect(await world.eventStates(chat)).toMatchObject({ waiting: 2 }));
    again.release();
    await shows(chat, `Echo: [${chat}] best`, `Echo: [${chat}] first`, `Echo: [${chat}] second`);
    expect(callsOf(chat).filter(({ abandoned }) => abandoned)).toEqual([]);
    expect(
      callsOf(chat)
        .at(-1)
        ?.messages.map(({ content }) => content)
        .slice(1),
    ).toEqual([
      `[${chat}] best`,
      `Echo: [${chat}] best`,
      `[${chat}] first`,
      `Echo: [${chat}] first`,
      `[${chat}] second`,
    ]);
  });

  it('keeps the old answer when the new one fails or is stopped, until the next edit', async () => {
    const { chat, typo } = await answered();
    world.model.script(`[${chat}] bad`, { status: 400 });
    const held = world.model.hold(`[${chat}] slow`);
    await post(editUpdate(typo, `[${chat}] slow`));
    await eventually(() => expect(held.waiting).toBe(1));
    expect(await world.sayAndRead(chat, '/stop')).toBe('Stopped.');
    held.release();
    await post(editUpdate(typo, `[${chat}] right`));
    await shows(chat, `Echo: [${chat}] right`, 'Stopped.');
    await post(editUpdate(typo, `[${chat}] bad`));
    expect(await world.lastOf(chat, 3)).toMatch(/^Sorry/);
    expect(world.telegram.textsOf(chat)[0]).toBe(`Echo: [${chat}] right`);
    expect(await world.deadLetters(chat)).toHaveLength(1);
  });

  it('waits for an approval of a call, and is corrected then', async () => {
    const { chat, typo } = await answered();
    world.model.script(
      `[${chat}] keep`,
      { calls: [{ name: 'remember', arguments: { fact: `fact of ${chat}` } }] },
      { text: `[${chat}] kept` },
    );
    await post(editUpdate(typo, `[${chat}] keep`));
    expect(await world.lastOf(chat, 2)).toMatch(/^May I/);
    await world.sayAndRead(chat, `[${chat}] meanwhile`);
    const { body } = await world.admin('approvals?state=pending').expect(200);
    await world.admin(`approvals/${body.items[0].id}/approve`, 'post').expect(200);
    await eventually(() => expect(world.telegram.textsOf(chat)[0]).toBe(`[${chat}] kept`));
    expect(world.telegram.textsOf(chat)).toHaveLength(3);
  });

  it('is recorded only, if it is of a message before a /reset', async () => {
    const { chat, typo } = await answered();
    await world.sayAndRead(chat, '/reset');
    await post(editUpdate(typo, `[${chat}] right`));
    await eventually(async () => expect((await world.history(chat))[0]?.text).toBe(`[${chat}] right`));
    expect(await world.eventStates(chat)).toEqual({ done: 3 });
    expect(callsOf(chat)).toHaveLength(1);
  });

  it('is answered although everything restarts in between', async () => {
    const { chat, typo } = await answered();
    const held = world.model.hold(`[${chat}] right`);
    await post(editUpdate(typo, `[${chat}] right`));
    await eventually(() => expect(held.waiting).toBe(1));
    await world.stopApp();
    await world.redisIfAny?.flush();
    held.release();
    await world.startApp();
    await shows(chat, `Echo: [${chat}] right`);
    expect(world.telegram.callsOf('sendMessage', chat)).toHaveLength(1);
  });
});
