import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { newChatId, nextUpdateId, replyUpdate, textUpdate } from '../support/updates.js';

describeOnEachBackend('A group that becomes a supergroup', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  const newGroup = () => -newChatId();
  const newSupergroup = () => -1_000_000_000_000 - newChatId();
  const ask = (group: number, text: string) =>
    world.post(replyUpdate(group, text, world.telegram.bot)).expect(200, { status: 'queued' });
  const idsOf = async (group: number) =>
    (await world.sql<{ id: string }>('SELECT id FROM conversations WHERE chat_id = $1', [group])).map(
      ({ id }) => id,
    );
  const requestsAbout = (group: number) => world.model.callsAbout(`[${group}]`);

  const lastRequest = (group: number) =>
    (requestsAbout(group).at(-1)?.messages ?? []).map(({ content }) => content).join('\n');

  /** The migration message of one of the two chats. */
  function moveUpdate(chat: number, fields: object) {
    const { message } = textUpdate(chat, '');
    const { text: _none, ...service } = message;
    return { update_id: nextUpdateId(), message: { ...service, ...fields } };
  }

  it('gets its answer under its new id, with all earlier messages', async () => {
    const [group, to] = [newGroup(), newSupergroup()];
    await ask(group, `[${group}] remember the date`);
    await world.lastOf(group, 1);
    const [id] = await idsOf(group);
    world.telegram.failNext({ method: 'sendMessage', chat: group, times: 9, with: failures.moved(to) });
    await ask(group, `[${group}] and now?`);
    expect(await world.lastOf(to, 1)).toContain('and now?');
    expect(await idsOf(group)).toEqual([]);
    expect(await idsOf(to)).toEqual([id]);
    // Late messages under the old id, and messages under the new one, continue in the same conversation.
    await ask(group, `[${group}] late`);
    expect(await world.lastOf(to, 2)).toContain('late');
    await ask(to, `[${group}] as usual`);
    expect(await world.lastOf(to, 3)).toContain('as usual');
    expect(await idsOf(to)).toEqual([id]);
    expect(lastRequest(group)).toContain('remember the date');
    expect(world.telegram.textsOf(group)).toHaveLength(1);
  });

  it.each(['the old chat', 'the new chat'])(
    'is recognised by %s, and merged with messages of the new chat',
    async (by) => {
      const [group, to] = [newGroup(), newSupergroup()];
      await ask(group, `[${group}] first`);
      await world.lastOf(group, 1);
      await ask(to, `[${group}] second`);
      await world.lastOf(to, 1);
      const migrated =
        by === 'the old chat'
          ? moveUpdate(group, { migrate_to_chat_id: to })
          : moveUpdate(to, { migrate_from_chat_id: group });
      await world.post(migrated).expect(200, { status: 'queued' });
      await world.post({ ...migrated, update_id: nextUpdateId() }).expect(200, { status: 'queued' });
      await eventually(async () => {
        expect(await idsOf(group)).toEqual([]);
        expect(await idsOf(to)).toHaveLength(1);
      });
      await ask(to, `[${group}] third`);
      expect(await world.lastOf(to, 2)).toContain('third');
      const said = lastRequest(group);
      expect(said.indexOf('first')).toBeGreaterThan(-1);
      expect(said.indexOf('second')).toBeGreaterThan(said.indexOf('first'));
      expect(said.indexOf('third')).toBeGreaterThan(said.indexOf('second'));
      const texts = (await world.history(to)).map(({ text }) => text);
      expect(texts.filter((text) => text.includes('first') || text.includes('second'))).toHaveLength(4);
    },
  );

  it('loses and repeats nothing when it migrates while in use under both ids', async () => {
    const [group, to] = [newGroup(), newSupergroup()];
    const held = world.model.hold(`[${group}]`);
    await ask(group, `[${group}] one`);
    await ask(to, `[${group}] two`);
    await eventually(() => expect(requestsAbout(group)).toHaveLength(2));
    await world.post(moveUpdate(to, { migrate_from_chat_id: group })).expect(200, { status: 'queued' });
    await ask(to, `[${group}] three`);
    await eventually(async () => expect(await idsOf(group)).toEqual([]));
    held.release();
    await eventually(() => {
      const shown = world.telegram.textsOf(to).join('\n');
      for (const text of ['one', 'two', 'three']) expect(shown.split(`] ${text}`)).toHaveLength(2);
    });
    await eventually(async () => expect(await world.eventStates(to)).toEqual({ done: 4 }));
  });
});
