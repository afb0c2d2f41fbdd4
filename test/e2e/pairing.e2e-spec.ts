import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { editUpdate, newChatId, reactionUpdate, textUpdate } from '../support/updates.js';

const CODE = /[2-9BCDFGHJKMNPQRSTWXZ]{6}/;

describeOnEachBackend('A bot that pairs', (backend) => {
  const [owner, friend] = [newChatId(), newChatId()];
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, {
      TELEGRAM_ACCESS: 'pairing',
      TELEGRAM_OWNERS: String(owner),
      TELEGRAM_ALLOWED_CHATS: String(friend),
    });
  });
  afterAll(() => world.stop());

  /** A stranger writes, and gets a code. */
  async function strangerWithCode(): Promise<{ chat: number; code: string }> {
    const chat = newChatId();
    const [code = ''] = CODE.exec(await world.sayAndRead(chat, `[${chat}] let me in`)) ?? [];
    return { chat, code };
  }

  /** The button that the owner got for a code. */
  const buttonFor = (code: string, verdict: 'yes' | 'no', asked = owner): Promise<string> =>
    eventually(() => {
      const question = world.telegram
        .callsOf('sendMessage', asked)
        .find(({ params }) => String(params['text']).includes(code));
      const found = new RegExp(`"(pairing:${verdict}:[^"]+)"`).exec(
        JSON.stringify(question?.params['reply_markup'] ?? null),
      );
      if (!found?.[1]) throw new Error('not asked yet');
      return found[1];
    });

  const press = (data: string, by: number): Promise<string> => world.pressAndRead(by, data);

  const pairingOf = async (
    chat: number,
  ): Promise<{ id: string; state: string; decidedBy: string | null }> => {
    const { body } = await world.admin('pairings?limit=200').expect(200);
    const items: { id: string; chatId: string; state: string; decidedBy: string | null }[] = body.items;
    const found = items.find(({ chatId }) => chatId === String(chat));
    if (!found) throw new Error(`no pairing of ${chat}`);
    return found;
  };

  /** All the chat's replies have been sent. */
  const settled = async (chat: number) =>
    await eventually(async () => {
      const open = await world.sql(
        `SELECT 1 FROM replies r JOIN conversations c ON c.id = r.conversation_id
         WHERE c.chat_id = $1 AND r.settled_at IS NULL`,
        [chat],
      );
      expect(open).toEqual([]);
    });

  it('talks to its owner and to listed people, at once', async () => {
    expect(await world.sayAndRead(friend, `[${friend}] hi`)).toBe(`Echo: [${friend}] hi`);
    const text = `[${owner}] hi`;
    await world.say(owner, text);
    await eventually(() => expect(world.telegram.textsOf(owner)).toContain(`Echo: ${text}`));
  });

  it('gives a stranger a code, once, whatever they send, and the model nothing', async () => {
    const chat = newChatId();
    const first = textUpdate(chat, '/start');
    for (const update of [
      first,
      textUpdate(chat, `[${chat}] hello?`),
      textUpdate(chat, '/help'),
      editUpdate(first, `[${chat}] hello!`),
      textUpdate(chat, `[${chat}] anybody?`),
      reactionUpdate(chat, 1, { now: '👍' }),
    ])
      await world.post(update).expect(200, { status: 'queued' });
    expect(await world.lastOf(chat, 1)).toMatch(CODE);
    await eventually(async () => {
      const { done = 0, dropped = 0 } = await world.eventStates(chat);
      expect(done + dropped).toBe(6);
    });
    await settled(chat);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
    expect(world.model.callsAbout(`[${chat}]`)).toEqual([]);
  });

  it('admits a person whom its owner approves: they are welcomed once, and answered', async () => {
    const { chat, code } = await strangerWithCode();
    const yes = await buttonFor(code, 'yes');
    expect(await press(yes, newChatId())).toBe('This is not for you to decide.');
    expect(await press(yes, chat)).toBe('This is not for you to decide.');
    expect((await pairingOf(chat)).state).toBe('pending');
    expect(await press(yes, owner)).toBe('Thank you.');
    expect(await world.lastOf(chat, 2)).toMatch(/^You have been let in/);
    expect(await press(yes, owner)).toMatch(/decided already/);
    expect(await world.sayAndRead(chat, `[${chat}] at last`)).toBe(`Echo: [${chat}] at last`);
    expect(world.telegram.textsOf(chat)).toHaveLength(3);
    expect(await pairingOf(chat)).toMatchObject({ state: 'approved', decidedBy: `telegram:${owner}` });
    await eventually(() =>
      expect(world.telegram.textsOf(owner).find((text) => text.includes(code))).toMatch(/^Approved by Ada/),
    );
  });

  it('has one outcome when two press and an operator decides at the same moment', async () => {
    const { chat, code } = await strangerWithCode();
    const [yes, no] = [await buttonFor(code, 'yes'), await buttonFor(code, 'no')];
    const { id } = await pairingOf(chat);
    const [pressed, statuses] = await Promise.all([
      Promise.all([press(yes, owner), press(no, owner), press(yes, owner)]),
      Promise.all(
        ['approve', 'deny'].map(async (verb) => (await world.admin(`pairings/${id}/${verb}`, 'post')).status),
      ),
    ]);
    const had = [...pressed.filter((words) => words === 'Thank you.'), ...statuses.filter((s) => s === 200)];
    expect(had).toHaveLength(1);
    await settled(chat);
    expect(world.telegram.textsOf(chat)).toHaveLength(2);
  });

  it('asks an admin too, from the moment they are one', async () => {
    const { chat } = await strangerWithCode();
    await world.admin(`pairings/${(await pairingOf(chat)).id}/approve`, 'post').expect(200);
    await world.lastOf(chat, 2);
    await world.admin(`people/telegram:${chat}`, 'patch').send({ role: 'admin' }).expect(200);
    const other = await strangerWithCode();
    const no = await buttonFor(other.code, 'no', chat);
    await world.admin(`people/telegram:${chat}`, 'patch').send({ role: 'user' }).expect(200);
    expect(await press(no, chat)).toBe('This is not for you to decide.');
    await world.admin(`people/telegram:${chat}`, 'patch').send({ role: 'admin' }).expect(200);
    expect(await press(no, chat)).toBe('Thank you.');
    expect(await world.lastOf(other.chat, 2)).toMatch(/^Sorry, the operator/);
    await world.say(other.chat, `[${other.chat}] please`);
    await eventually(async () => expect(await world.eventStates(other.chat)).toEqual({ done: 2 }));
    await settled(other.chat);
    expect(world.telegram.textsOf(other.chat)).toHaveLength(2);
  });

  it('answers an admitted person in a group, and everyone once the group is admitted', async () => {
    const group = -newChatId();
    const mention = `@${world.telegram.bot.username}`;
    const by = (id: number) => ({ from: { id, is_bot: false, first_name: 'Grace' } });
    const ask = (text: string, id: number) =>
      world
        .post(textUpdate(group, `${mention} [${group}] ${text}`, by(id)))
        .expect(200, { status: 'queued' });
    await ask('one', friend);
    expect(await world.lastOf(group, 1)).toMatch(/^Echo: Grace: /);
    const stranger = newChatId();
    await ask('two', stranger);
    const [code = ''] = CODE.exec((await world.lastOf(group, 2)).replace(mention, '')) ?? [];
    await press(await buttonFor(code, 'yes'), owner);
    expect(await world.lastOf(group, 3)).toMatch(/^This group has been let in/);
    await ask('three', newChatId());
    expect(await world.lastOf(group, 4)).toMatch(/^Echo: Grace: .*three/);
    expect(world.model.callsAbout(`[${group}] two`)).toEqual([]);
    const own = await world.sayAndRead(stranger, 'may I too?');
    expect(own).toMatch(CODE);
  });

  it('keeps codes, requests and questions through a restart', async () => {
    const { chat, code } = await strangerWithCode();
    await world.stopApp();
    await world.redisIfAny?.flush();
    await world.startApp();
    expect(await press(await buttonFor(code, 'yes'), owner)).toBe('Thank you.');
    expect(await world.lastOf(chat, 2)).toMatch(/^You have been let in/);
    expect(await world.sayAndRead(chat, `[${chat}] again`)).toBe(`Echo: [${chat}] again`);
  });
});
