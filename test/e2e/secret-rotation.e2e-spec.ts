import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, SECRET_HEADER, World } from '../support/app.js';
import { newChatId, textUpdate } from '../support/updates.js';

const OLD = 'the-secret-that-was_used-before';

describe('During a change of the webhook’s secret', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start('postgresql', { TELEGRAM_WEBHOOK_SECRET_PREVIOUS: OLD });
  });
  afterAll(() => world.stop());

  const post = (secret: string, app = world.app) =>
    supertest(app.url)
      .post('/webhook/telegram')
      .set(SECRET_HEADER, secret)
      .send(textUpdate(newChatId(), 'hi'));

  it('both secrets are accepted, and no third one', async () => {
    await post(OLD).expect(200, { status: 'queued' });
    await post(SECRET).expect(200, { status: 'queued' });
    await post(`${OLD}x`).expect(401);
    await post('').expect(401);
  });

  it('a process that does not know the old one refuses it, so that Telegram sends again', async () => {
    const app = await world.startApp({ TELEGRAM_WEBHOOK_SECRET_PREVIOUS: undefined });
    await post(OLD, app).expect(401);
    await post(SECRET, app).expect(200);
    expect(app.settings.telegram.previousWebhookSecret).toBeUndefined();
  });
});
