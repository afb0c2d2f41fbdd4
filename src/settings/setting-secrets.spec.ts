import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings, secretsIn } from './settings.js';
import { secretsOf } from '../platform/config/setting-secrets.js';

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

  it('includes the part of a token behind its number, of a bot of the file too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-bots-'));
    const file = join(folder, 'bots.json');
    const part = (letter: string): string => letter.repeat(35);
    await writeFile(file, JSON.stringify({ bots: { support: { token: `654321:${part('b')}` } } }));
    const env = {
      TELEGRAM_BOT_TOKEN: `123456:${part('a')}`,
      TELEGRAM_BOTS_FILE: file,
      OPENAI_API_KEY: 'sk-1',
    };
    const secrets = [secretsOf(loadSettings(env)), secretsIn(env), secretsIn({ ...env, PORT: 'x' })];
    expect(secrets.map((each) => each.includes(part('a')))).toEqual([true, true, true]);
    expect(secrets.map((each) => each.includes(part('b')))).toEqual([true, true, false]);
    await rm(folder, { recursive: true });
  });
});
