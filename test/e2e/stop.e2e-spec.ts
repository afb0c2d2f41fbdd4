import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { startApart } from '../support/start-apart.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('/stop', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.prepare(backend);
    // Either process may handle the command, whichever runs the turn.
    await startApart(world);
  });
  afterAll(() => world.stop());

  /** A chat whose turn waits for the model. */
  async function busyChat(): Promise<number> {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] long`);
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(held.waiting).toBe(1));
    return chat;
  }

  it('ends the running turn on whichever worker, aborts the model call, confirms it, and the chat goes on', async () => {
    for (let round = 0; round < 8; round += 1) {
      const chat = await busyChat();
      expect(await world.sayAndRead(chat, '/stop')).toBe('Stopped.');
      await eventually(() => expect(world.model.callsAbout(`[${chat}] long`)[0]?.abandoned).toBe(true));
      expect(await world.sayAndRead(chat, `[${chat}] next`)).toBe(`Echo: [${chat}] next`);
      const [turn] = await world.sql<{ state: string; error_code: string }>(
        `SELECT t.state, t.error_code FROM turns t JOIN conversations c ON c.id = t.conversation_id
         WHERE c.chat_id = $1 ORDER BY t.id LIMIT 1`,
        [chat],
      );
      expect(turn).toEqual({ state: 'cancelled', error_code: 'STOPPED' });
      expect(world.telegram.textsOf(chat)).toEqual(['Stopped.', `Echo: [${chat}] next`]);
    }
  });

  it('leaves messages behind the stopped one to the next turn', async () => {
    const chat = await busyChat();
    await world.say(chat, `[${chat}] behind`);
    await world.say(chat, '/stop');
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] behind`);
  });

  it('reports an idle chat, and stops nothing later', async () => {
    const chat = newChatId();
    expect(await world.sayAndRead(chat, '/stop')).toBe('There is nothing to stop.');
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe(`Echo: [${chat}] hello`);
  });

  it('aborts the tools too, and keeps the results of finished calls for the next turn', async () => {
    const chat = newChatId();
    const facts = { calls: [{ name: 'remember', arguments: { fact: 'a cat' } }] };
    world.model.script(`[${chat}] long`, facts, { fault: 'hang' });
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] long`)).toHaveLength(2));
    expect(await world.sayAndRead(chat, '/stop')).toBe('Stopped.');
    await world.sayAndRead(chat, `[${chat}] next`);
    const roles = world.model.callsAbout(`[${chat}] next`)[0]?.messages.map(({ role }) => role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user']);
  });
});
