import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { startApart } from '../support/start-apart.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('An operator who cancels a turn', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.prepare(backend, { TOOLS_REQUIRE_APPROVAL: 'remember' });
    await startApart(world);
  });
  afterAll(() => world.stop());

  const newestTurn = async (chat: number): Promise<{ id: string; state: string; errorCode: string }> => {
    const id = await world.conversationId(chat);
    const { body } = await world.admin(`turns?conversationId=${id}&limit=1`).expect(200);
    return body.items[0];
  };

  const cancel = (id: string) => world.admin(`turns/${id}/cancel`, 'post');

  it('that runs on another machine: the model call is aborted, the chat gets one line and goes on', async () => {
    const chat = newChatId();
    world.model.hold(`[${chat}] long`);
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] long`)).toHaveLength(1));
    const { id } = await newestTurn(chat);
    const { body } = await cancel(id).expect(200);
    expect(body).toMatchObject({ id, state: 'cancelled', errorCode: 'STOPPED_BY_OPERATOR', steps: [] });
    await eventually(() => expect(world.model.callsAbout(`[${chat}] long`)[0]?.abandoned).toBe(true));
    expect(await world.lastOf(chat, 1)).toBe('The operator has stopped this answer.');
    expect(await world.sayAndRead(chat, `[${chat}] next`)).toBe(`Echo: [${chat}] next`);
    expect(await world.eventStates(chat)).toEqual({ done: 2 });
    expect(world.telegram.textsOf(chat)).toHaveLength(2);
  });

  it('that is parked: its question is withdrawn, and another running turn is not disturbed', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}] ask`, { calls: [{ name: 'remember', arguments: { fact: 'x' } }] });
    await world.sayAndRead(chat, `[${chat}] ask`);
    const parked = await newestTurn(chat);
    expect(parked.state).toBe('parked');
    const held = world.model.hold(`[${chat}] meanwhile`);
    await world.say(chat, `[${chat}] meanwhile`);
    await eventually(() => expect(held.waiting).toBe(1));
    await cancel(parked.id).expect(200);
    await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^No longer asked for/));
    held.release();
    await eventually(() =>
      expect(world.telegram.textsOf(chat).slice(1)).toEqual([
        'The operator has stopped this answer.',
        `Echo: [${chat}] meanwhile`,
      ]),
    );
    expect(world.model.callsAbout(`[${chat}] meanwhile`)).toHaveLength(1);
  });

  it('once, and none that has ended or is unknown', async () => {
    const chat = newChatId();
    world.model.hold(`[${chat}] long`);
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] long`)).toHaveLength(1));
    const { id } = await newestTurn(chat);
    const answers = await Promise.all([cancel(id), cancel(id), cancel(id)]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409']);
    const { body } = await cancel(id).expect(409);
    expect(body.message).toBe('The turn has ended already: it is cancelled');
    await world.lastOf(chat, 1);
    await world.sayAndRead(chat, `[${chat}] next`);
    const done = await newestTurn(chat);
    expect((await cancel(done.id).expect(409)).body.message).toBe('The turn has ended already: it is done');
    await cancel(crypto.randomUUID()).expect(404);
    expect(world.telegram.textsOf(chat)).toHaveLength(2);
  });
});
