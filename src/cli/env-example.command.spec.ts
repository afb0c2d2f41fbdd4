import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { envExample } from './env-example.command.js';
import type { Environment } from '../platform/config/read-settings.js';
import { loadSettings } from '../settings/settings.js';

/** The assignments of a text as a shell writes them. @param commented those that are commented out too */
function assignments(text: string, commented: boolean): Environment {
  const line = commented ? /^(?:# )?([A-Z][A-Z_0-9]*)=(.*)$/gm : /^([A-Z][A-Z_0-9]*)=(.*)$/gm;
  return Object.fromEntries(Array.from(text.matchAll(line), ([, name, value]) => [name, value]));
}

describe('.env.example', () => {
  it('is what the settings classes say (npm run cli -- env-example > .env.example)', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });
});

describe('The examples that a new operator copies', () => {
  const readme = readFileSync('README.md', 'utf8');
  const copied = /```sh\n(TELEGRAM_BOT_TOKEN=[^`]*)```/.exec(readme)?.[1] ?? '';

  it('start a bot that answers whoever writes to it', () => {
    const { telegram } = loadSettings(assignments(copied, false));
    expect(telegram.botToken).toBeDefined();
    expect(telegram.allowedChats).toEqual([]);
  });

  it.each([
    ['README.md', copied],
    ['.env.example', envExample()],
  ])('lock nobody out by an example that stands for an id: %s is refused until it is one', (_where, text) => {
    const { TELEGRAM_ALLOWED_CHATS } = assignments(text, true);
    expect(TELEGRAM_ALLOWED_CHATS).toBeDefined();
    expect(() => loadSettings({ TELEGRAM_ALLOWED_CHATS })).toThrow('TELEGRAM_ALLOWED_CHATS');
  });
});
