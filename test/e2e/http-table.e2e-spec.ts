import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { LogRecorder, startTestingApp } from '../support/testing-app.js';
import { newChatId, nextUpdateId, textUpdate } from '../support/updates.js';

const refusal = (statusCode: number) => ({
  statusCode,
  message: expect.anything(),
  error: expect.any(String),
});
const UNKNOWN_ID = '00000000-0000-7000-8000-000000000000';

describeOnEachBackend('The HTTP interface', (backend) => {
  let world: World;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    world = await World.prepare(backend);
    app = await startTestingApp(world.env(), new LogRecorder());
  });

  afterAll(async () => {
    world.model.releaseAll();
    await app.close();
    await world.stop();
  });

  const http = () => supertest(app.getHttpServer());
  const webhook = () => http().post('/webhook/telegram').set(SECRET_HEADER, SECRET);
  const admin = (path: string) => http().get(`/admin/${path}`).set('Authorization', `Bearer ${ADMIN_KEY}`);

  describe('for Telegram', () => {
    it('answers 200 queued to an update, and 200 duplicate to the same one again', async () => {
      const update = textUpdate(newChatId(), 'Hello');
      await webhook().send(update).expect(200, { status: 'queued' });
      await webhook().send(update).expect(200, { status: 'duplicate' });
    });

    it.each([
      ['a poll', { poll: { id: '1' } }],
      ['a kind of update that nobody knows yet', { telepathy: { thought: 'Hello' } }],
      ['an update without anything', {}],
    ])('answers 200 ignored to %s', async (_name, content) => {
      await webhook()
        .send({ update_id: nextUpdateId(), ...content })
        .expect(200, { status: 'ignored' });
    });

    it.each([
      ['without the secret', {}],
      ['with a wrong secret', { [SECRET_HEADER]: `${SECRET}x` }],
      ['with an empty secret', { [SECRET_HEADER]: '' }],
      ['with a secret of another case', { [SECRET_HEADER]: SECRET.toUpperCase() }],
    ])('answers 401 %s, and stores nothing', async (_name, headers) => {
      const update = textUpdate(newChatId(), 'Let me in');
      const { body } = await http().post('/webhook/telegram').set(headers).send(update).expect(401);
      expect(body).toEqual(refusal(401));
      const rows = await world.sql('SELECT 1 FROM events WHERE external_id = $1', [String(update.update_id)]);
      expect(rows).toEqual([]);
    });

    it('does not read the body of a stranger: invalid JSON is refused for the secret', async () => {
      await http().post('/webhook/telegram').type('json').send('{"update_id":').expect(401);
    });

    it.each([
      ['text/plain', '{}'],
      ['application/x-www-form-urlencoded', 'update_id=1'],
      ['application/xml', '<update/>'],
    ])('answers 415 to %s', async (type, text) => {
      const { body } = await webhook().set('content-type', type).send(text).expect(415);
      expect(body).toEqual(refusal(415));
    });

    it('accepts one MiB, and answers 413 above it', async () => {
      const update = textUpdate(newChatId(), 'x', { filler: '' });
      const room = 1024 * 1024 - Buffer.byteLength(JSON.stringify(update));
      const of = (length: number) => ({
        ...update,
        message: { ...update.message, filler: 'f'.repeat(length) },
      });
      await webhook().send(of(room)).expect(200, { status: 'queued' });
      const { body } = await webhook()
        .send(of(room + 1))
        .expect(413);
      expect(body).toEqual(refusal(413));
    });

    it('answers 404 to any other method and path', async () => {
      await http().get('/webhook/telegram').expect(404);
      const { body } = await http().get('/no/such/page').expect(404);
      expect(body).toEqual(refusal(404));
    });
  });

  describe('for an orchestrator', () => {
    it('reports that it is alive and ready, and names its parts', async () => {
      await http().get('/health/live').expect(200, { status: 'ok' });
      const { body } = await http().get('/health/ready').expect(200);
      expect(body.status).toBe('ok');
      expect(body.parts).toEqual({ database: 'ok', queue: 'ok', telegramToken: 'ok', workers: 'ok' });
    });
  });

  describe('for an operator', () => {
    it.each(['conversations', 'turns', 'dead-letters'])('lists %s in pages', async (listing) => {
      const { body } = await admin(listing).expect(200);
      expect(body).toEqual({ items: expect.any(Array), nextCursor: null });
    });

    it.each([
      ['no key', {}],
      ['a wrong key', { Authorization: `Bearer ${ADMIN_KEY}x` }],
      ['another scheme', { Authorization: `Basic ${ADMIN_KEY}` }],
    ])('answers 401 to %s', async (_name, headers) => {
      const { body } = await http().get('/admin/conversations').set(headers).expect(401);
      expect(body).toEqual(refusal(401));
    });

    it.each(['limit=0', 'limit=201', 'limit=ten', 'unknown=1', 'cursor=none'])(
      'answers 400 to the query %s',
      async (query) => {
        const { body } = await admin(`conversations?${query}`).expect(400);
        expect(body).toEqual(refusal(400));
      },
    );

    it.each([
      `conversations/${UNKNOWN_ID}`,
      `conversations/${UNKNOWN_ID}/messages`,
      `conversations/${UNKNOWN_ID}/export`,
      `turns/${UNKNOWN_ID}`,
      `dead-letters/${UNKNOWN_ID}`,
      'conversations/no-id',
    ])('answers 404 to %s', async (path) => {
      const { body } = await admin(path).expect(404);
      expect(body).toEqual(refusal(404));
    });

    it('shows a chat with its ids as strings, its history, and all of it as NDJSON', async () => {
      const chat = newChatId();
      await webhook().send(textUpdate(chat, 'Hello')).expect(200);
      await world.lastOf(chat, 1);
      const id = await world.conversationId(chat);
      const { body } = await admin(`conversations/${id}`).expect(200);
      expect(body).toMatchObject({
        id,
        channel: 'telegram',
        chatId: String(chat),
        threadId: null,
        status: 'active',
      });
      const { text, headers } = await admin(`conversations/${id}/export`)
        .buffer()
        .parse((response, done) => {
          let all = '';
          response.on('data', (chunk: Buffer) => (all += chunk.toString()));
          response.on('end', () => done(null, all));
        })
        .expect(200)
        .then((response) => ({ text: String(response.body), headers: response.headers }));
      expect(headers['content-type']).toContain('application/x-ndjson');
      const lines: unknown[] = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toHaveLength(3);
      expect(lines[1]).toMatchObject({ role: 'user', text: 'Hello' });
    });

    it('erases a chat with everything in it, and the same update stays a duplicate', async () => {
      const chat = newChatId();
      const update = textUpdate(chat, 'Forget me');
      await webhook().send(update).expect(200);
      await world.lastOf(chat, 1);
      const id = await world.conversationId(chat);
      await http()
        .delete(`/admin/conversations/${id}`)
        .set('Authorization', `Bearer ${ADMIN_KEY}`)
        .expect(204);
      await admin(`conversations/${id}`).expect(404);
      await webhook().send(update).expect(200, { status: 'duplicate' });
      await webhook().send(textUpdate(chat, 'Hello again')).expect(200, { status: 'queued' });
    });
  });

  describe('for a developer', () => {
    it('shows a page of documentation and its OpenAPI description', async () => {
      await http().get('/docs').expect(200).expect('content-type', /html/);
      const { body } = await http().get('/docs-json').expect(200);
      expect(body.openapi).toMatch(/^3\./);
      expect(Object.keys(body.paths)).toContain('/admin/conversations');
    });
  });

  it('answers an address that cannot be decoded in the same shape', async () => {
    const { body } = await http().get('/admin/%E0%A4%A').expect(400);
    expect(body).toEqual(refusal(400));
  });
});
