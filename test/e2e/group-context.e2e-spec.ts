import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { editUpdate, newChatId, nextUpdateId, pressUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('A group’s admins choose its context, and the bot', (backend) => {
  let world: World;
  let group: number;
  const me = () => `@${world.telegram.bot.username}`;

  beforeAll(async () => {
    world = await World.start(backend, { TOOLS_REQUIRE_APPROVAL: 'calculate' });
    // Until it knows its own name it accepts messages that may be for it.
    await eventually(() =>
      world.post(textUpdate(-newChatId(), '@some_other_bot hi')).expect({ status: 'ignored' }),
    );
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    group = -newChatId();
    world.telegram.join(group, Math.abs(group), 'administrator');
  });

  const bob = { id: 77_000_001, is_bot: false, first_name: 'Bob' };
  const anonymous = () => ({
    from: { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' },
    sender_chat: { id: group, type: 'supergroup', title: 'Group' },
  });
  /** An admin types it, and reads the answer. */
  const set = (what: string) => world.sayAndRead(group, `/settings ${what}`);
  /** People talk: the group context that is kept. */
  const keepAsContext = (text: string, status = 'kept') =>
    eventually(async () => {
      await world.post(textUpdate(group, text, { from: bob })).expect(200, { status });
    });
  const ask = async (text: string) => {
    await world.sayAndRead(group, `${me()} ${text} [${group}]`);
    return (
      world.model
        .callsAbout(`[${group}]`)
        .at(-1)
        ?.messages.map(({ content }) => content ?? '') ?? []
    );
  };
  const kept = () =>
    world.sql<{ text: string }>(
      `SELECT o.text FROM group_context_messages o JOIN conversations c ON c.id = o.conversation_id
       WHERE c.chat_id = $1 ORDER BY o.position`,
      [group],
    );

  it('shows people’s messages as data before the question, and keeps no more than the window', async () => {
    await set('window 2');
    for (const text of ['one', 'two', 'three']) await keepAsContext(text);
    const sent = await ask('what did they say?');
    const [background, question] = sent.slice(-2);
    expect(background).toMatch(/^Between the marks: what people of this group said to each other/);
    expect(background).toContain('{"from":"Bob","text":"two"}\n{"from":"Bob","text":"three"}');
    expect(background).not.toContain('"one"');
    expect(question).toContain('what did they say?');
    expect((await kept()).map(({ text }) => text)).toEqual(['two', 'three']);
    // No turn, no event of its own.
    expect(await world.eventStates(group)).toEqual({ done: 2 });
    // It is no part of the history.
    expect((await world.history(group)).filter(({ text }) => text.includes('three'))).toEqual([]);
  });

  it('keeps a message once, in its last edited form, and none from before a /reset', async () => {
    await set('window 5');
    await keepAsContext('old');
    await world.sayAndRead(group, '/reset');
    const said = textUpdate(group, 'Frday', { from: bob });
    await eventually(() => world.post(said).expect(200, { status: 'kept' }));
    await world.post(said).expect(200, { status: 'duplicate' });
    await world.post(editUpdate(said, 'Friday')).expect(200, { status: 'kept' });
    expect((await kept()).map(({ text }) => text)).toEqual(['Friday']);
    expect((await ask('when?')).at(-2)).toContain('"text":"Friday"');
  });

  it('forgets everything when the window is closed, or the conversation erased', async () => {
    await set('window 5');
    await keepAsContext('secret');
    await ask('hi');
    expect(await set('window off')).toContain('I do not keep what you say');
    expect(await kept()).toEqual([]);
    await keepAsContext('secret', 'ignored');
    await set('window 5');
    await keepAsContext('secret');
    const exported = await world
      .admin(`conversations/${await world.conversationId(group)}/export`)
      .expect(200);
    expect(exported.text).toContain('"author":"Bob","text":"secret"');
    await world.admin(`conversations/${await world.conversationId(group)}`, 'delete').expect(204);
    expect(await world.sql('SELECT FROM group_context_messages WHERE text = $1', ['secret'])).toEqual([]);
    expect(await world.sql("SELECT FROM turn_group_contexts WHERE text LIKE '%secret%'")).toEqual([]);
  });

  it('answers every message if its admins choose that, each once and in order, until they choose otherwise', async () => {
    await set('answer all');
    await keepAsContext(`nobody is named [${group}]`, 'queued');
    expect(await world.lastOf(group, 2)).toContain('nobody is named');
    await set('answer mentioned');
    await keepAsContext('nobody is named again', 'ignored');
  });

  it('lets only admins change it, including the anonymous ones', async () => {
    const says = async (text: string, overrides: object) => {
      const shown = world.telegram.textsOf(group).length;
      await world.post(textUpdate(group, text, { ...overrides })).expect(200, { status: 'queued' });
      return await world.lastOf(group, shown + 1);
    };
    const channel = {
      from: { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' },
      sender_chat: { id: -1_009_999, type: 'channel', title: 'News' },
    };
    world.telegram.join(group, bob.id, 'member');
    for (const stranger of [{ from: bob }, { from: { ...bob, id: 77_000_002 } }, channel]) {
      expect(await says('/settings window 5', stranger)).toBe(
        'Only the admins of this group can change that.',
      );
      expect(await says('/mode steer', stranger)).toBe('Only the admins of this group can change that.');
      expect(await says('/settings', stranger)).toContain('I do not keep');
    }
    expect(await says('/settings window 7', anonymous())).toContain('newest 7 messages');
    expect(await says('/mode steer', anonymous())).toContain('steer');
    expect(await says('/settings window 101', anonymous())).toContain('There is no such setting');
  });

  it('says so when Telegram does not name the admins', async () => {
    world.telegram.failNext({
      method: 'getChatMember',
      with: { kind: 'answer', status: 500, description: 'Internal Server Error' },
    });
    expect(await set('window 3')).toContain('I could not find out');
    expect(await set('window 3')).toContain('newest 3 messages');
  });

  it('lets an admin approve an anonymous admin’s request, and no other person', async () => {
    world.model.script(
      `sum [${group}]`,
      { calls: [{ name: 'calculate', arguments: { expression: '6*7' } }] },
      { text: 'It is 42.' },
    );
    await world
      .post(textUpdate(group, `${me()} sum [${group}]`, anonymous()))
      .expect(200, { status: 'queued' });
    const data = await eventually(() => {
      const question = world.telegram.callsOf('sendMessage', group).at(-1)?.params['reply_markup'];
      const [button] = /"callback_data":"([^"]+)"/.exec(JSON.stringify(question) ?? '')?.slice(1) ?? [];
      if (button === undefined) throw new Error('no question yet');
      return button;
    });
    world.telegram.join(group, bob.id, 'member');
    await world.post(pressUpdate(group, data, bob.id)).expect(200, { status: 'queued' });
    await eventually(() => {
      const answers = world.telegram.callsOf('answerCallbackQuery').map(({ params }) => params['text']);
      expect(answers).toContain('This is not for you to decide.');
    });
    await world.post(pressUpdate(group, data)).expect(200, { status: 'queued' });
    await eventually(() => expect(world.telegram.textsOf(group)).toContain('It is 42.'));
    expect(world.model.callsAbout(`[${group}]`)[0]?.news[0]).toMatch(/^an admin: /);
  });

  it('does not answer the posts of its channel, and keeps them as context', async () => {
    await set('window 5');
    const post = textUpdate(group, `${me()} read our news`, {
      from: { id: 777_000, is_bot: false, first_name: 'Telegram' },
      sender_chat: { id: -1_009_998, type: 'channel', title: 'News' },
      is_automatic_forward: true,
      forward_origin: {
        type: 'channel',
        chat: { id: -1_009_998, type: 'channel', title: 'News' },
        message_id: 1,
        date: 1,
      },
    });
    await eventually(() => world.post(post).expect(200, { status: 'kept' }));
    expect((await kept()).at(-1)?.text).toMatch(
      /^\[a message that the user passed on.*\n> From: the channel News\n> .+/,
    );
    expect(nextUpdateId()).toBeGreaterThan(post.update_id);
  });
});
