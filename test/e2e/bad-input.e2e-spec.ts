import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { LogRecorder, startTestingApp } from '../support/testing-app.js';
import { newChatId, nextUpdateId, textUpdate } from '../support/updates.js';

describeOnEachBackend('Bad input', (backend) => {
  const logs = new LogRecorder();
  let world: World;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    world = await World.prepare(backend);
    app = await startTestingApp(world.env(), logs);
  });

  afterAll(async () => {
    await app.close();
    await world.stop();
  });

  const http = () => supertest(app.getHttpServer());
  const post = (text: string | Buffer) =>
    http()
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .set('content-type', 'application/json')
      .send(text);
  const count = async () => (await world.sql('SELECT 1 FROM events')).length;

  async function expectAlive(): Promise<void> {
    await http().get('/health/live').expect(200, { status: 'ok' });
    const chat = newChatId();
    await post(JSON.stringify(textUpdate(chat, 'still there?'))).expect(200, { status: 'queued' });
    expect(await world.lastOf(chat, 1)).toBe('Echo: still there?');
  }

  describe('is refused, with one log line, and leaves nothing behind', () => {
    const id = nextUpdateId();
    const refused: [string, string | Buffer, number][] = [
      ['nothing', '', 400],
      ['half of a JSON text', '{"update_id":', 400],
      ['a text that is no JSON', 'update_id=1', 400],
      ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 400],
      ['an array', '[]', 400],
      ['an array of updates', `[{"update_id":${id}}]`, 400],
      ['null', 'null', 400],
      ['a number', '42', 400],
      ['a string', '"update"', 400],
      ['no update_id', '{"message":{"text":"hi"}}', 400],
      ['an update_id that is null', '{"update_id":null}', 400],
      ['an update_id as a string', `{"update_id":"${id}"}`, 400],
      ['an update_id beyond 2^53 as a string', '{"update_id":"9007199254740993"}', 400],
      ['an update_id beyond 2^53', '{"update_id":9007199254740993}', 400],
      ['an update_id with a fraction', '{"update_id":1.5}', 400],
      ['an update_id that is an object', '{"update_id":{}}', 400],
      ['an update_id in a prototype', `{"__proto__":{"update_id":${id}}}`, 400],
      ['100,000 open brackets', '['.repeat(100_000), 400],
      ['2 MiB', JSON.stringify({ update_id: id, filler: 'f'.repeat(2 * 1024 * 1024) }), 413],
    ];
    it.each(refused)('%s', async (_name, body, status) => {
      const before = await count();
      const lines = logs.lines.length;
      const answer = await post(body);
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({
        statusCode: status,
        message: expect.any(String),
        error: expect.any(String),
      });
      expect(logs.lines.slice(lines)).toMatchObject([{ level: 'warn', message: { status } }]);
      expect(await count()).toBe(before);
      await expectAlive();
    });
  });

  describe('is ignored in a valid update', () => {
    const message = (change: object) => ({ ...textUpdate(newChatId(), 'hi').message, ...change });
    const ignored: [string, unknown][] = [
      ['a message that is a text', 'hi'],
      ['a message that is null', null],
      ['a message that is an array', []],
      ['a message without a text', message({ text: undefined })],
      ['a text that is an object', message({ text: { toString: 'hi' } })],
      ['a message without a chat', message({ chat: undefined })],
      ['a chat that is a number', message({ chat: 5 })],
      ['a chat id as a string', message({ chat: { id: '5', type: 'private' } })],
      ['a chat id beyond 2^53 as a string', message({ chat: { id: '9007199254740993', type: 'private' } })],
      ['a chat id beyond 2^53', message({ chat: { id: 2 ** 60, type: 'private' } })],
      ['a chat id with a fraction', message({ chat: { id: 1.5, type: 'private' } })],
      ['a kind nobody knows', undefined],
    ];
    it.each(ignored)('%s', async (_name, content) => {
      const before = await count();
      const update = { update_id: nextUpdateId(), message: content, telepathy: { from: 'Mars' } };
      await post(JSON.stringify(update)).expect(200, { status: 'ignored' });
      expect(await count()).toBe(before);
    });

    it('does not end the process', expectAlive);
  });

  describe('that can be understood is answered', () => {
    const understood: [string, (chat: number) => string, string][] = [
      [
        'a message without a sender',
        (chat) => JSON.stringify(textUpdate(chat, 'who?', { from: undefined })),
        'who?',
      ],
      [
        'a sender whose id is a string',
        (chat) => JSON.stringify(textUpdate(chat, 'who?', { from: { id: '5', first_name: 7 } })),
        'who?',
      ],
      ['a text with NUL in it', (chat) => JSON.stringify(textUpdate(chat, 'a\u0000b')), 'ab'],
      ['half a surrogate pair', (chat) => JSON.stringify(textUpdate(chat, 'a\ud800b')), 'a\ufffdb'],
      [
        '__proto__ and constructor as names',
        (chat) =>
          JSON.stringify(textUpdate(chat, 'hi')).replace(
            '"text"',
            '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"text"',
          ),
        'hi',
      ],
    ];
    it.each(understood)('%s', async (_name, make, text) => {
      const chat = newChatId();
      await post(make(chat)).expect(200, { status: 'queued' });
      expect(await world.lastOf(chat, 1)).toBe(`Echo: ${text}`);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
      await expectAlive();
    });
  });

  it('of 100,000 nested arrays harms neither the process nor a concurrent update', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const poison = JSON.stringify(textUpdate(newChatId(), 'deep')).replace(
      '"text"',
      `"deep":${nested},"text"`,
    );
    const chats = Array.from({ length: 20 }, newChatId);
    const [poisoned, ...others] = await Promise.all([
      post(poison),
      ...chats.map((chat) => post(JSON.stringify(textUpdate(chat, 'beside it')))),
    ]);
    // Whether it is accepted or refused: never "try again later", because it would come again for a day.
    expect([200, 400]).toContain(poisoned.status);
    expect(others.map(({ status, body }) => `${status} ${body.status}`)).toEqual(
      chats.map(() => '200 queued'),
    );
    await expectAlive();
  });
});
