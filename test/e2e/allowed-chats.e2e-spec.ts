import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('A private bot', (backend) => {
  const [friend, group] = [newChatId(), -newChatId()];
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { TELEGRAM_ALLOWED_CHATS: `${friend},${group}` });
  });
  afterAll(() => world.stop());

  it('talks to a chat on the list', async () => {
    expect(await world.sayAndRead(friend, `[${friend}] hello`)).toBe(`Echo: [${friend}] hello`);
  });

  it('refuses any other chat politely, once, and sends the model nothing of it', async () => {
    const stranger = newChatId();
    for (const text of ['hello?', '/start', 'anybody?']) await world.say(stranger, text);
    expect(await world.lastOf(stranger, 1)).toBe(
      `Sorry, this bot is private. Ask its operator to let you in: your id is ${stranger}.`,
    );
    await eventually(async () => expect(await world.eventStates(stranger)).toEqual({ done: 3 }));
    await world.say(stranger, 'hello??');
    await eventually(async () => expect(await world.eventStates(stranger)).toEqual({ done: 4 }));
    const open = await world.sql('SELECT 1 FROM replies WHERE settled_at IS NULL');
    expect(open).toEqual([]);
    expect(world.telegram.textsOf(stranger)).toHaveLength(1);
    expect(world.model.callsAbout('hello?')).toEqual([]);
    expect(world.model.callsAbout('anybody?')).toEqual([]);
  });

  it('talks to anyone in a listed group, and to a listed user in any group', async () => {
    const mention = `@${world.telegram.bot.username}`;
    const someone = { id: newChatId(), is_bot: false, first_name: 'Grace' };
    await world.post(textUpdate(group, `${mention} hi`, { from: someone })).expect(200, { status: 'queued' });
    expect(await world.lastOf(group, 1)).toMatch(/^Echo: Grace: /);
    const elsewhere = -newChatId();
    const known = { id: friend, is_bot: false, first_name: 'Ada' };
    await world
      .post(textUpdate(elsewhere, `${mention} hi`, { from: known }))
      .expect(200, { status: 'queued' });
    expect(await world.lastOf(elsewhere, 1)).toMatch(/^Echo: Ada: /);
  });
});
