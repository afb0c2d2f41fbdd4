import { describe, expect, it } from 'vitest';
import { loadSettings } from './settings/settings.js';
import { startSummary } from './start-summary.js';

const url = 'http://127.0.0.1:3000';
const none = { env: {}, connect: () => undefined, stop: () => Promise.resolve() };

describe('The summary of a start', () => {
  it('names the Telegram, model, database, queue and mode of a process, and no secret', () => {
    const settings = loadSettings({
      TELEGRAM_BOT_TOKEN: '123456:the-token',
      OPENAI_API_KEY: 'sk-the-key',
      DATABASE_URL: 'postgresql://user:the-password@db:5432/turnpike?sslkey=the-option',
      REDIS_URL: 'redis://:the-password@cache:6379',
    });
    const summary = startSummary({ url, settings, standIns: none });
    expect(summary).toEqual({
      url,
      mode: 'NODE_ENV=development, APP_ROLE=all',
      telegram: 'https://api.telegram.org, polling',
      model: 'gpt-5.4-mini at https://api.openai.com/v1',
      database: 'postgresql://db:5432/turnpike',
      queue: 'Redis at redis://cache:6379',
    });
    expect(JSON.stringify(summary)).not.toMatch(/the-(token|key|password|option)/);
  });

  it('names the database of a process without settings, and its use as the queue', () => {
    const summary = startSummary({ url, settings: loadSettings({}), standIns: none });
    expect(summary).toMatchObject({ database: 'embedded in .turnpike/postgres', queue: 'in the database' });
  });
});
