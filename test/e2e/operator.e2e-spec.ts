import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('The operator', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.prepare(backend, {
      TOOLS_REQUIRE_APPROVAL: 'remember',
      AGENT_STREAMING: 'true',
    });
    // The request goes to one process, and the turn runs in another.
    await world.startApp({ APP_ROLE: 'web' });
    await Promise.all([world.startApp({ APP_ROLE: 'worker' }), world.startApp({ APP_ROLE: 'worker' })]);
  });
  afterAll(() => world.stop());

  const newestTurn = async (chat: number): Promise<{ id: string; state: string; errorCode: string }> => {
    const id = await world.conversationId(chat);
    const { body } = await world.admin(`turns?conversationId=${id}&limit=1`).expect(200);
    return body.items[0];
  };

  describe('cancels a turn', () => {
    const cancel = (id: string) => world.admin(`turns/${id}/cancel`, 'post');

    it('that runs on another machine: the model is hung up on, the chat gets one line and goes on', async () => {
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

    it('and what it had said stays, with a note below', async () => {
      const chat = newChatId();
      world.model.script(`[${chat}] long`, { pieces: ['half of it', ' …'], hold: world.model.gate() });
      await world.say(chat, `[${chat}] long`);
      expect(await world.lastOf(chat, 1)).toContain('half of it');
      await cancel((await newestTurn(chat)).id).expect(200);
      await eventually(() =>
        expect(world.telegram.textsOf(chat)).toEqual([
          'half of it\n\n(The operator has stopped this answer here.)',
        ]),
      );
    });

    it('that is parked: its question is withdrawn, and another turn that runs is not disturbed', async () => {
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

  describe('decides about a tool call', () => {
    interface Told {
      readonly id: string;
      readonly state: string;
      readonly tool: string;
    }

    async function asked(): Promise<{ chat: number; approval: Told }> {
      const chat = newChatId();
      world.model.script(
        `[${chat}] please`,
        { calls: [{ name: 'remember', arguments: { fact: `fact of ${chat}` } }] },
        { text: `[${chat}] done` },
      );
      await world.sayAndRead(chat, `[${chat}] please`);
      const id = await world.conversationId(chat);
      const { body } = await world.admin(`approvals?conversationId=${id}&state=pending`).expect(200);
      expect(body).toMatchObject({ items: [{ conversationId: id, tool: 'remember' }], nextCursor: null });
      return { chat, approval: body.items[0] };
    }

    it('allows it: the turn goes on, and the question says who decided, without buttons', async () => {
      const { chat, approval } = await asked();
      const { body } = await world.admin(`approvals/${approval.id}/approve`, 'post').expect(200);
      expect(body).toMatchObject({ state: 'approved', decidedBy: 'admin', decidedAt: expect.any(String) });
      expect(await world.lastOf(chat, 2)).toBe(`[${chat}] done`);
      await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^Approved by the operator:/));
      expect(world.telegram.callsOf('editMessageText', chat)[0]?.params['reply_markup']).toBeUndefined();
      const facts = await world.sql('SELECT FROM facts WHERE text = $1', [`fact of ${chat}`]);
      expect(facts).toHaveLength(1);
    });

    it('denies it with a reason that the model is told, or without', async () => {
      const { chat, approval } = await asked();
      const url = `approvals/${approval.id}/deny`;
      for (const bad of [{ reason: '' }, { reason: null }, { reason: 'x'.repeat(1_001) }, { why: 'x' }])
        await world.admin(url, 'post').send(bad).expect(400);
      await world.admin(url, 'post').send({ reason: 'Too private.' }).expect(200);
      expect(await world.lastOf(chat, 2)).toBe(`[${chat}] done`);
      const result = world.model.calls.findLast(({ messages }) => messages.at(-1)?.role === 'tool');
      expect(result?.messages.at(-1)?.content).toMatch(/did not allow it.*Too private\.$/);
      await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^Denied by the operator:/));
      const other = await asked();
      const { body } = await world.admin(`approvals/${other.approval.id}/deny`, 'post').expect(200);
      expect(body).toMatchObject({ state: 'denied', reason: null });
    });

    it('once and in time', async () => {
      const { chat, approval } = await asked();
      const decide = (verdict: string) => world.admin(`approvals/${approval.id}/${verdict}`, 'post');
      const answers = await Promise.all([decide('approve'), decide('deny'), decide('approve')]);
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409']);
      const { body: now } = await world.admin(`approvals/${approval.id}`).expect(200);
      const { body } = await decide('deny').expect(409);
      expect(body.message).toBe(`The approval is ${now.state} already`);
      await world.lastOf(chat, 2);
      const late = await asked();
      await world.sql('UPDATE approvals SET expires_at = clock_timestamp() WHERE id = $1', [
        late.approval.id,
      ]);
      const refused = await world.admin(`approvals/${late.approval.id}/approve`, 'post').expect(409);
      expect(refused.body.message).toBe('The approval is expired already');
      await world.admin(`approvals/${crypto.randomUUID()}/approve`, 'post').expect(404);
    });
  });

  describe('speaks as the bot', () => {
    const say = (id: string, text: unknown, key?: string) => {
      const request = world.admin(`conversations/${id}/messages`, 'post');
      return (key === undefined ? request : request.set('Idempotency-Key', key)).send({ text });
    };

    async function knownChat(): Promise<{ chat: number; id: string }> {
      const chat = newChatId();
      await world.sayAndRead(chat, `[${chat}] hello`);
      return { chat, id: await world.conversationId(chat) };
    }

    it('in the chat and in the history, as the model sees it', async () => {
      const { chat, id } = await knownChat();
      const { body } = await say(id, 'This is **Bob**.').expect(201);
      expect(body).toMatchObject({
        id: expect.stringMatching(/^\d+$/),
        role: 'operator',
        text: 'This is **Bob**.',
        turnId: null,
        delivery: { state: expect.stringMatching(/pending|sending|sent/) },
      });
      expect(await world.lastOf(chat, 2)).toBe('This is Bob.');
      await world.sayAndRead(chat, `[${chat}] who?`);
      const call = world.model.callsAbout(`[${chat}] who?`)[0];
      expect(call?.messages.slice(1).map(({ role, content }) => `${role}: ${content}`)).toEqual([
        `user: [${chat}] hello`,
        `assistant: Echo: [${chat}] hello`,
        'assistant: This is **Bob**.',
        `user: [${chat}] who?`,
      ]);
      expect((await world.history(chat)).map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'operator',
        'user',
        'assistant',
      ]);
    });

    it('once for one Idempotency-Key, however concurrently', async () => {
      const { chat, id } = await knownChat();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => say(id, 'Only once.', 'key-1').expect(201)),
      );
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      await say(id, 'Another text.', 'key-1').expect(422);
      await say(id, 'Another key.', 'key-2').expect(201);
      expect(await world.lastOf(chat, 3)).toBe('Another key.');
      expect(world.telegram.textsOf(chat).slice(1)).toEqual(['Only once.', 'Another key.']);
      await say((await knownChat()).id, 'Elsewhere.', 'key-1').expect(201);
      for (const key of ['', 'two words', 'x'.repeat(256)]) await say(id, 'x', key).expect(400);
    });

    it('at length: the text is split like any reply, in order with others', async () => {
      const { chat, id } = await knownChat();
      await Promise.all([say(id, 'word '.repeat(2_000)).expect(201), say(id, 'short').expect(201)]);
      await eventually(() => expect(world.telegram.textsOf(chat)).toHaveLength(5));
      const lengths = world.telegram.textsOf(chat).map(({ length }) => length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(4_096);
    });

    it('to a paused chat, not to a blocked one, and nothing that is no text', async () => {
      const { chat, id } = await knownChat();
      const setStatus = (status: string) => world.admin(`conversations/${id}`, 'patch').send({ status });
      await setStatus('paused').expect(200);
      await say(id, 'While paused.').expect(201);
      expect(await world.lastOf(chat, 2)).toBe('While paused.');
      for (const bad of [undefined, null, '', ' \n', 5, 'a\0b', 'a\ud800b', 'x'.repeat(100_001)])
        await say(id, bad).expect(400);
      await setStatus('blocked').expect(200);
      const { body } = await say(id, 'While blocked.').expect(409);
      expect(body.message).toBe('The conversation is blocked');
      await say(crypto.randomUUID(), 'Nobody.').expect(404);
    });
  });

  it('pauses a chat, whose messages wait, and blocks it, whose messages are dropped', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    const change = (change: object) => world.admin(`conversations/${id}`, 'patch').send(change).expect(200);
    await change({ status: 'paused' });
    await world.say(chat, `[${chat}] waits`);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 1, waiting: 1 }));
    await change({ status: 'active' });
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] waits`);
    await change({ status: 'blocked' });
    await world.say(chat, `[${chat}] dropped`);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 2, dropped: 1 }));
    await change({ status: 'active' });
    expect(await world.sayAndRead(chat, `[${chat}] again`)).toBe(`Echo: [${chat}] again`);
    expect(world.model.callsAbout(`[${chat}] dropped`)).toHaveLength(0);
  });

  it('sets the busy mode of a chat, and takes it back', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] hello`);
    const id = await world.conversationId(chat);
    const change = (busyMode: unknown) => world.admin(`conversations/${id}`, 'patch').send({ busyMode });
    expect((await change('interrupt').expect(200)).body.busyMode).toBe('interrupt');
    await change('hurry').expect(400);
    const held = world.model.hold(`[${chat}] first`);
    await world.say(chat, `[${chat}] first`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] first`)).toHaveLength(1));
    await world.say(chat, `[${chat}] second`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}] first`)[0]?.abandoned).toBe(true));
    held.release();
    expect(await world.lastOf(chat, 2)).toBe(`Echo: [${chat}] second`);
    expect((await change(null).expect(200)).body.busyMode).toBeNull();
    expect(await world.sayAndRead(chat, '/mode')).toMatch(/working: queue/);
  });
});
