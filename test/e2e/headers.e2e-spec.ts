import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { LogRecorder, startTestingApp } from '../support/testing-app.js';
import { newChatId, textUpdate } from '../support/updates.js';

let world: World;
let app: NestFastifyApplication;
let logs: LogRecorder;

beforeAll(async () => {
  world = await World.prepare('postgresql');
});
afterEach(() => app.close());
afterAll(() => world.stop());

async function start(change: Environment = {}): Promise<void> {
  logs = new LogRecorder();
  app = await startTestingApp(world.env(change), logs);
}
const http = () => supertest(app.getHttpServer());
const key = { Authorization: `Bearer ${ADMIN_KEY}` };

describe('To a browser', () => {
  it('each answer declares its type, is shown within no other page, and runs nothing', async () => {
    await start();
    const answers = [
      await http().get('/admin/conversations').set(key).expect(200),
      await http().get('/admin/conversations').expect(401),
      await http().get('/admin/turns/nobody').set(key).expect(404),
      await http().get('/docs').expect(200),
      await http().get('/docs/swagger-ui-bundle.js').expect(200),
      await http().get('/docs-json').expect(200),
      await http().get('/health/live').expect(200),
      await http().get('/metrics').expect(200),
      await http().get('/nowhere').expect(404),
    ];
    for (const { headers, request } of answers) {
      expect(headers, request.url).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/);
      // Neither the server's name, nor permission for another site to read it.
      expect(Object.keys(headers).join(' ')).not.toMatch(/server|powered-by|access-control/);
    }
    for (const { headers } of answers.slice(0, 3)) expect(headers['cache-control']).toBe('no-store');
  });

  it('the page of the API’s description works within its policy', async () => {
    await start();
    const { text, headers } = await http().get('/docs').expect(200);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|(src|href)="(https?:)?\/\//);
  });

  it('Telegram is no browser: its acknowledgement has only HTTP’s required headers', async () => {
    await start();
    const update = textUpdate(newChatId(), 'Hello');
    const { headers } = await http()
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(update)
      .expect(200);
    expect(Object.keys(headers).toSorted()).toEqual(['connection', 'content-length', 'content-type', 'date']);
  });
});

describe('In production', () => {
  it('metrics and the description of the API are closed', async () => {
    await start({ NODE_ENV: 'production' });
    for (const path of [
      '/metrics',
      '/docs',
      '/docs/',
      '/docs/swagger-ui-bundle.js',
      '/docs-json',
      '/playground',
    ])
      await http().get(path).expect(404);
    await http().get('/admin/conversations').set(key).expect(200);
  });

  it('each is open with its setting', async () => {
    await start({ NODE_ENV: 'production', METRICS_OPEN: 'true' });
    await http().get('/metrics').expect(200);
    await http().get('/docs-json').expect(404);
    await app.close();
    await start({ NODE_ENV: 'production', DOCS_OPEN: 'true' });
    await http().get('/docs').expect(200);
    await http().get('/docs-json').expect(200);
    await http().get('/metrics').expect(404);
  });

  it('outside production they are open, unless a setting closes them', async () => {
    await start({ METRICS_OPEN: 'false', DOCS_OPEN: 'false' });
    for (const path of ['/metrics', '/docs', '/docs-json']) await http().get(path).expect(404);
  });
});

describe('The log', () => {
  const from = { 'X-Forwarded-For': '198.51.100.7' };
  const lineOf = (status: number) =>
    logs.saying('request refused').find((line) => JSON.stringify(line).includes(`"status":${status}`));

  it('contains the address of a client with a wrong key or secret, and no other', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.0/8,::1,::ffff:127.0.0.1' });
    await http().get('/admin/turns').set(from).expect(401);
    expect(lineOf(401)).toMatchObject({ path: '/admin/turns', address: '198.51.100.7' });
    logs.lines.length = 0;
    await http().post('/webhook/telegram').set(from).send({}).expect(401);
    expect(lineOf(401)).toMatchObject({ path: '/webhook/telegram', address: '198.51.100.7' });
    await http().get('/nowhere').set(from).expect(404);
    expect(JSON.stringify(lineOf(404))).not.toContain('198.51.100.7');
  });

  it('trusts no proxy that is not configured', async () => {
    await start({ TRUSTED_PROXIES: '10.0.0.0/8' });
    await http().get('/admin/turns').set(from).expect(401);
    expect(JSON.stringify(lineOf(401))).toMatch(/127\.0\.0\.1/);
  });

  it('has a line of each change over the admin API and of each download, without their contents', async () => {
    await start();
    const chat = newChatId();
    await http()
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(textUpdate(chat, 'Hello'))
      .expect(200);
    const id = await world.conversationId(chat);
    const conversation = `/admin/conversations/${id}`;
    await http().patch(conversation).set(key).send({ systemPrompt: 'You obey Eve.' }).expect(200);
    await http().get(`${conversation}/export`).set(key).expect(200);
    await http().get(conversation).set(key).expect(200);
    await http().get(`${conversation}/messages`).set(key).expect(200);
    await http().delete(conversation).set(key).expect(204);
    const acts = logs.saying('admin act');
    expect(acts).toEqual([
      {
        msg: 'admin act',
        kind: 'change',
        act: 'PATCH /admin/conversations/:id',
        ids: { id },
        fields: ['systemPrompt'],
        address: expect.stringContaining('127.0.0.1'),
      },
      expect.objectContaining({ kind: 'download', act: 'GET /admin/conversations/:id/export', ids: { id } }),
      expect.objectContaining({ kind: 'change', act: 'DELETE /admin/conversations/:id', fields: [] }),
    ]);
    expect(JSON.stringify(acts)).not.toContain('Eve');
  });
});
