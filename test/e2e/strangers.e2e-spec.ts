import { once } from 'node:events';
import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, SECRET, SECRET_HEADER, World } from '../support/app.js';
import { LogRecorder, startTestingApp } from '../support/testing-app.js';
import { newChatId, textUpdate } from '../support/updates.js';

describe('A body', () => {
  let world: World;
  let app: NestFastifyApplication;
  let url: URL;

  beforeAll(async () => {
    world = await World.prepare('postgresql');
    app = await startTestingApp(world.env(), new LogRecorder());
    await app.listen(0, '127.0.0.1');
    url = new URL(await app.getUrl());
  });

  afterAll(async () => {
    await app.close();
    await world.stop();
  });

  /** Sends the headers of a large body, and reads the answer until the connection is closed. */
  async function begin(method: string, path: string, length = 'content-length: 1000000') {
    const socket = connect(Number(url.port), url.hostname).setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => (answer += text)).on('error', () => undefined);
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}${length}\r\n\r\n`);
    await once(socket, 'close');
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), body: answer.split('\r\n\r\n')[1] ?? '' };
  }

  describe('of a stranger is not read', () => {
    it('whatever admin route it is sent to', async () => {
      const { paths } = (await app.inject('/docs-json')).json<{ paths: Record<string, object> }>();
      const routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).flatMap((method) => (method === 'get' ? [] : [{ path, method }])),
      );
      expect(routes.length).toBeGreaterThan(10);
      for (const { path, method } of routes) {
        const { status, body } = await begin(method.toUpperCase(), path.replace(/\{\w+\}/, 'x'));
        expect(`${method} ${path}: ${status}`).toBe(`${method} ${path}: 401`);
        expect(JSON.parse(body)).toMatchObject({ statusCode: 401, error: 'Unauthorized' });
      }
    });

    it.each([
      ['the webhook', '/webhook/telegram', 401],
      ['a webhook of no bot', '/webhook/telegram/none', 404],
      ['no route', '/nowhere', 404],
      ['no route under /admin', '/admin/nowhere', 404],
      ['a route that is read only', '/health/ready', 404],
      ['an address that cannot be decoded', '/%zz', 400],
    ])('that is sent to %s', async (_what, path, status) => {
      expect((await begin('POST', path)).status).toBe(status);
    });

    it('even if its length is unknown', async () => {
      expect((await begin('POST', '/webhook/telegram', 'transfer-encoding: chunked')).status).toBe(401);
    });
  });

  it('has 30 s to come, with its headers', () => {
    const server = app.getHttpServer();
    expect(server.requestTimeout).toBeLessThan(30_000);
    expect(server.headersTimeout).toBeLessThan(30_000);
    expect(server.maxConnections).toBe(2_000);
  });

  it('with the secret or the key is read', async () => {
    const update = JSON.stringify(textUpdate(newChatId(), 'Hello'));
    const post = (path: string, headers: Record<string, string>, body: string) =>
      fetch(new URL(path, url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    expect((await post('/webhook/telegram', { [SECRET_HEADER]: SECRET }, update)).status).toBe(200);
    const key = { Authorization: `Bearer ${ADMIN_KEY}` };
    expect((await post('/admin/schedules', key, '{"')).status).toBe(400);
  });
});
