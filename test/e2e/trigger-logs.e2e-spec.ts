import { createHmac } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogSettings } from '../../src/platform/observability/log.settings.js';
import { PinoLoggerService } from '../../src/platform/observability/pino-logger.service.js';
import { ADMIN_KEY, SECRETS_KEY, World } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startTestingApp } from '../support/testing-app.js';

const SIGNING_SECRET = 'the-odd-secret-of-a-source';

describe('The log of a source', () => {
  let world: World;
  let app: NestFastifyApplication;
  const lines: string[] = [];

  beforeAll(async () => {
    world = await World.prepare('postgresql');
    const logger = new PinoLoggerService({
      settings: Object.assign(new LogSettings(), { level: 'trace', pretty: false }),
      redactValues: [],
      destination: { write: (line) => void lines.push(line) },
    });
    app = await startTestingApp(world.env(), logger);
  });
  afterAll(async () => {
    await app.close();
    await world.stop();
  });

  const deliver = (secret: string) =>
    supertest(app.getHttpServer())
      .post('/webhook/shop')
      .set('Content-Type', 'application/json')
      .set('X-GitHub-Delivery', 'delivery-1')
      .set('X-Hub-Signature-256', `sha256=${createHmac('sha256', secret).update('{}').digest('hex')}`)
      .send('{}');
  const linesWith = (text: string) => lines.filter((line) => line.includes(text));

  it('has one line for a refusal, with the source and the reason, and never a secret', async () => {
    const source = { name: 'shop', preset: 'github', secrets: [SIGNING_SECRET] };
    await supertest(app.getHttpServer())
      .post('/admin/sources')
      .set('Authorization', `Bearer ${ADMIN_KEY}`)
      .send(source)
      .expect(201);
    await deliver('another secret').expect(401);
    const refused = linesWith('WEBHOOK_WRONG_SIGNATURE');
    expect(refused.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'request refused', path: '/webhook/shop', status: 401, address: expect.any(String) },
    ]);
    await deliver(SIGNING_SECRET).expect(200, { status: 'queued' });
    await eventually(() => expect(linesWith('webhook queued')).toHaveLength(1));
    expect(linesWith('delivery-1').length).toBeGreaterThan(0);
    for (const secret of [SIGNING_SECRET, SECRETS_KEY]) expect(linesWith(secret)).toEqual([]);
  });
});
