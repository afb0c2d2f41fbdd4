import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { newChatId, textUpdate } from '../support/updates.js';

const NOT_YOURS = 'This is not for you to decide.';

describeOnEachBackend('A tool call that several people of a group have led to', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, {
      TOOLS_REQUIRE_APPROVAL: 'remember',
      AGENT_BUSY_MODE: 'collect',
      AGENT_COLLECT_QUIET_MS: '1000',
    });
  });
  afterAll(() => world.stop());

  /** A group in which each of these people writes one message for the same answer; the agent asks for an approval. */
  async function askingGroup(...writers: readonly { readonly id: number; readonly forwards?: true }[]) {
    const group = -newChatId();
    const word = `[${group}]`;
    world.model.script(
      word,
      { calls: [{ name: 'remember', arguments: { fact: `fact of ${group}` } }] },
      { text: `${word} done` },
    );
    for (const { id, forwards } of writers) {
      const from = { id, is_bot: false, first_name: 'Bo', language_code: 'en' };
      const forward_origin = { type: 'hidden_user', sender_user_name: 'Mallory', date: 1 };
      const text = `@${world.telegram.bot.username} ${word} hurry`;
      await world.post(textUpdate(group, text, { from, ...(forwards && { forward_origin }) })).expect(200);
    }
    const question = await world.lastOf(group, 1);
    const asked = world.telegram.callsOf('sendMessage', group).at(-1)?.params['reply_markup'];
    const data = /"callback_data":"(approval:yes:[^"]+)"/.exec(JSON.stringify(asked))?.[1] ?? 'no button';
    return { group, question, press: (by: number) => world.pressAndRead(group, data, by) };
  }
  const facts = (group: number) => world.sql('SELECT 1 FROM facts WHERE text = $1', [`fact of ${group}`]);

  it('is approved by an admin of the group, and not by one of them alone, neither the forwarder nor the one who says "hurry"', async () => {
    const [forwarder, hurrier, admin] = [newChatId(), newChatId(), newChatId()];
    const { group, question, press } = await askingGroup({ id: forwarder, forwards: true }, { id: hurrier });
    expect(question).toContain('only an admin can decide');
    expect(await press(hurrier)).toBe(NOT_YOURS);
    expect(await press(forwarder)).toBe(NOT_YOURS);
    expect(await facts(group)).toEqual([]);
    world.telegram.join(group, admin, 'administrator');
    expect(await press(admin)).toBe('Thank you.');
    expect(await world.lastOf(group, 2)).toBe(`[${group}] done`);
    expect(await facts(group)).toHaveLength(1);
  });

  it('is approved by an owner or admin of the bot too', async () => {
    const admin = newChatId();
    await world.sayAndRead(admin, 'hello');
    await world.admin(`people/telegram:${admin}`, 'patch').send({ role: 'admin' }).expect(200);
    const { group, press } = await askingGroup({ id: newChatId() }, { id: newChatId() });
    expect(await press(admin)).toBe('Thank you.');
    expect(await world.lastOf(group, 2)).toBe(`[${group}] done`);
  });

  it('is approved by the author if one person wrote all of it, and not by an admin of the group', async () => {
    const [writer, admin] = [newChatId(), newChatId()];
    const { group, question, press } = await askingGroup({ id: writer }, { id: writer });
    expect(question).not.toContain('only an admin can decide');
    world.telegram.join(group, admin, 'administrator');
    expect(await press(admin)).toBe(NOT_YOURS);
    expect(await press(writer)).toBe('Thank you.');
    expect(await world.lastOf(group, 2)).toBe(`[${group}] done`);
  });
});
