import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('Several models and providers', (backend) => {
  let world: World;
  let elsewhere: ScriptedModel;

  beforeAll(async () => {
    elsewhere = await ScriptedModel.start();
    world = await World.start(backend, {
      AGENT_TURN_TIMEOUT_MS: '20000',
      OPENAI_TIMEOUT_MS: '3000',
      OPENAI_FALLBACK_MODELS: 'second,elsewhere=third',
      OPENAI_PROVIDERS: `elsewhere=${elsewhere.baseUrl}`,
      OPENAI_PROVIDER_KEYS: 'elsewhere=another-key',
    });
  });
  afterAll(async () => {
    await world.stop();
    await elsewhere.close();
  });

  /** A chat with a model of its own, so that no other test has opened its circuit. */
  async function chatWith(model: string, systemPrompt: string | null = null): Promise<number> {
    const chat = newChatId();
    await world.sayAndRead(chat, '/help');
    const id = await world.conversationId(chat);
    await world.admin(`conversations/${id}`, 'patch').send({ model, systemPrompt }).expect(200);
    return chat;
  }
  const asked = (chat: number) => world.model.callsAbout(`[${chat}]`).map(({ model }) => model);

  it('answer with the next model, and the one after it at another provider, in the same turn', async () => {
    const chat = await chatWith('down');
    world.model.script(`[${chat}]`, { status: 404 }, { status: 503 });
    elsewhere.script(`[${chat}]`, { text: 'From elsewhere.' });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('From elsewhere.');
    expect(asked(chat)).toEqual(['down', 'second', 'second']);
    expect(elsewhere.callsAbout(`[${chat}]`)).toMatchObject([
      { model: 'third', authorization: 'Bearer another-key' },
    ]);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('do not let a model that hangs use up the turn', async () => {
    const chat = await chatWith('hanging');
    world.model.script(`[${chat}]`, { fault: 'hang' }, { text: 'From the second.' });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('From the second.');
    expect(asked(chat)).toEqual(['hanging', 'second']);
  });

  it('ask no other when the request itself is refused, and report that', async () => {
    const chat = await chatWith('strict');
    world.model.script(`[${chat}]`, { status: 400 });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toMatch(/did not accept/);
    expect(asked(chat)).toEqual(['strict']);
    expect(await world.deadLetters(chat)).toMatchObject([{ reason: 'MODEL_400', attempts: 1 }]);
  });

  it('report a content filter, whether it stopped the request or the answer', async () => {
    const chat = await chatWith('filtering');
    world.model.script(`[${chat}]`, { status: 400, code: 'content_filter' });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toMatch(/content filter/);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('spare every process a failing model, until it recovers', async () => {
    const chat = await chatWith('broken');
    world.model.script(`[${chat}] first`, { status: 503 }, { status: 503 }, { text: 'ok' });
    world.model.script(`[${chat}] second`, { status: 503 }, { status: 503 }, { text: 'ok' });
    world.model.script(`[${chat}] third`, { status: 503 }, { status: 503 }, { text: 'ok' });
    for (const text of ['first', 'second', 'third']) await world.sayAndRead(chat, `[${chat}] ${text}`);
    expect(asked(chat)).toEqual([
      'broken',
      'broken',
      'second',
      'broken',
      'broken',
      'second',
      'broken',
      'broken',
      'second',
    ]);
    // Longer than it takes to start another process and to ask twice.
    await world.sql(
      `UPDATE model_circuits SET retry_at = clock_timestamp() + interval '1 hour' WHERE model = 'broken'`,
    );
    const other = await world.startApp({ APP_ROLE: 'worker' });
    try {
      for (const text of ['fourth', 'fifth']) await world.sayAndRead(chat, `[${chat}] ${text}`);
      expect(asked(chat).slice(9)).toEqual(['second', 'second']);
      await world.sql(`UPDATE model_circuits SET retry_at = clock_timestamp() WHERE model = 'broken'`);
      await eventually(async () => {
        await world.sayAndRead(chat, `[${chat}] well?`);
        expect(asked(chat).at(-1)).toBe('broken');
      });
      expect(await world.sql(`SELECT FROM model_circuits WHERE model = 'broken'`)).toEqual([]);
    } finally {
      await world.stopApp(other);
    }
  });

  it('shorten a request that exceeds a model’s context, and answer', async () => {
    const chat = await chatWith('small');
    for (let index = 0; index < 6; index += 1)
      await world.sayAndRead(chat, `${'many words '.repeat(50)}${index}`);
    world.model.script(`[${chat}]`, { status: 400, code: 'context_length_exceeded' }, { text: 'It fits.' });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('It fits.');
    const [first, second] = world.model.callsAbout(`[${chat}]`);
    expect(second?.messages.length).toBeLessThan(first?.messages.length ?? 0);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('report that a message is too long for every model, and continue with the next', async () => {
    const chat = await chatWith('tiny');
    world.model.script(`[${chat}] long`, { status: 400, code: 'context_length_exceeded' });
    expect(await world.sayAndRead(chat, `[${chat}] long`)).toMatch(
      /more than the language model can take in/,
    );
    expect(await world.deadLetters(chat)).toMatchObject([{ reason: 'MODEL_CONTEXT_OVERFLOW', attempts: 1 }]);
    expect(await world.sayAndRead(chat, `[${chat}] short`)).toBe(`Echo: [${chat}] short`);
  });

  describe('set for one conversation by an operator', () => {
    it('are used by its next turn, and no other’s', async () => {
      const chat = await chatWith('elsewhere=special', 'You are a pirate.');
      elsewhere.script(`[${chat}]`, { text: 'Arr.' });
      expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('Arr.');
      const [call] = elsewhere.callsAbout(`[${chat}]`);
      expect(call).toMatchObject({ model: 'special' });
      expect(call?.messages[0]).toMatchObject({
        role: 'system',
        content: expect.stringMatching(/^You are a pirate\./),
      });
      const other = newChatId();
      await world.sayAndRead(other, `[${other}] hello`);
      expect(asked(other)).toEqual(['double']);
      expect(world.model.callsAbout(`[${other}]`)[0]?.messages[0]?.content).not.toContain('pirate');
      const id = await world.conversationId(chat);
      const { body } = await world.admin(`conversations/${id}`).expect(200);
      expect(body).toMatchObject({ model: 'elsewhere=special', systemPrompt: 'You are a pirate.' });
    });

    it('are refused where they are impossible', async () => {
      const chat = await chatWith('double');
      const path = `conversations/${await world.conversationId(chat)}`;
      for (const bad of [
        { model: 'nowhere=x' },
        { model: '' },
        { systemPrompt: ' ' },
        { temperature: 1 },
        {},
      ])
        await world.admin(path, 'patch').send(bad).expect(400);
      const nobody = `conversations/${crypto.randomUUID()}`;
      await world.admin(nobody, 'patch').send({ model: 'double' }).expect(404);
    });
  });

  it('name each user to the provider by a hash, and by no id', async () => {
    const chats = [newChatId(), newChatId()];
    const hashes: unknown[] = [];
    for (const chat of chats) {
      await world.sayAndRead(chat, `[${chat}] hello`);
      const [call] = world.model.callsAbout(`[${chat}]`);
      hashes.push(call?.body['user']);
      const besides = Object.entries(call?.body ?? {}).filter(([field]) => field !== 'messages');
      expect(JSON.stringify(besides)).not.toContain(String(chat));
    }
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});
