import { afterEach, describe, expect, it } from 'vitest';
import type { Environment } from '../platform/config/read-settings.js';
import { type StandIns, startStandIns } from './stand-ins.js';

const started: StandIns[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((standIns) => standIns.stop()));
});

async function start(env: Environment): Promise<StandIns> {
  const standIns = await startStandIns(env);
  started.push(standIns);
  return standIns;
}

describe('Stand-ins', () => {
  it('take the place of a Telegram and a model that are not configured', async () => {
    const { env, simulator, model } = await start({ PORT: '0', TELEGRAM_BOT_TOKEN: ' ' });
    expect(env).toMatchObject({
      PORT: '0',
      TELEGRAM_BOT_TOKEN: simulator?.token,
      TELEGRAM_API_ROOT: simulator?.root,
      TELEGRAM_MODE: 'passive',
      OPENAI_BASE_URL: model?.baseUrl,
      OPENAI_MODEL: 'demo-model',
    });
    expect(env['TELEGRAM_WEBHOOK_SECRET']).toMatch(/^[\w-]{20,}$/);
    await expect(fetch(`${simulator?.root}/bot${simulator?.token}/getMe`)).resolves.toMatchObject({
      status: 200,
    });
    await expect(fetch(`${model?.baseUrl}/models`)).resolves.toMatchObject({ status: 200 });
  });

  it('keep a secret and a model name that are given', async () => {
    const given = { TELEGRAM_WEBHOOK_SECRET: 'mine', OPENAI_MODEL: 'my-model' };
    expect((await start(given)).env).toMatchObject(given);
  });

  it('leave configured services alone', async () => {
    const telegram = await start({ TELEGRAM_BOT_TOKEN: '1:a' });
    expect(telegram.simulator).toBeUndefined();
    expect(telegram.env).toEqual({ TELEGRAM_BOT_TOKEN: '1:a' });
    expect(telegram.model).toBeUndefined();

    for (const env of [{ OPENAI_API_KEY: 'sk-a' }, { OPENAI_BASE_URL: 'http://localhost:11434/v1' }]) {
      const own = await start(env);
      expect(own.model).toBeUndefined();
      expect(own.env).toMatchObject(env);
    }
  });

  it.each<Environment>([
    { NODE_ENV: 'production' },
    { NODE_ENV: 'Production' },
    { APP_ROLE: 'web' },
    { APP_ROLE: 'worker' },
  ])('do not start with %j', async (env) => {
    const standIns = await start(env);
    expect(standIns.env).toEqual(env);
    expect([standIns.simulator, standIns.model]).toEqual([undefined, undefined]);
  });

  it('deliver to the application once it listens, on whatever address', async () => {
    const standIns = await start({});
    const { simulator, env } = standIns;
    standIns.connect('http://0.0.0.0:12345');
    const info = await fetch(`${simulator?.root}/bot${env['TELEGRAM_BOT_TOKEN']}/getWebhookInfo`);
    expect(await info.json()).toMatchObject({ result: { url: 'http://127.0.0.1:12345/webhook/telegram' } });
  });
});
