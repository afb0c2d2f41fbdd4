import { describe, expect, it } from 'vitest';
import { loadSettings } from './settings.js';
import { secretsOf } from './setting-secrets.js';

describe('secretsOf', () => {
  it('names every secret setting, and the password inside an address', () => {
    const settings = loadSettings({
      TELEGRAM_BOT_TOKEN: '123:abc',
      TELEGRAM_WEBHOOK_SECRET: 'hook',
      OPENAI_API_KEY: 'sk-1',
      ADMIN_API_KEY: 'sixteen-characters',
      DATABASE_URL: 'postgresql://me:pass%40word@localhost/db',
      OPENAI_MODEL: 'not-a-secret',
      OPENAI_PROVIDERS: 'groq=https://api.groq.com/openai/v1',
      OPENAI_PROVIDER_KEYS: 'groq=gsk-2',
    });
    const secrets = secretsOf(settings);
    expect(secrets).toEqual(
      expect.arrayContaining([
        '123:abc',
        'hook',
        'sk-1',
        'gsk-2',
        'sixteen-characters',
        'pass%40word',
        'pass@word',
      ]),
    );
    expect(secrets).not.toContain('not-a-secret');
  });
});
