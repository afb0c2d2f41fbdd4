import { describe, expect, it } from 'vitest';
import { isHttpAddress, withoutUserInfo } from './http-address.js';
import { SettingsError } from './read-settings.js';
import { loadSettings, settingsClasses } from '../../settings/settings.js';
import { variablesOf } from './variable.js';

/** Every setting that is an http or https address, by its example. */
const addresses = Object.values(settingsClasses)
  .flatMap((type) => variablesOf(type))
  .filter(({ example }) => /https?:\/\//.test(example))
  .map(({ name, example }) => [name, example] as const);

function problemsOf(env: Record<string, string>): string {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
}

describe('Settings that are addresses', () => {
  it('are all in the list', () => {
    expect(addresses.map(([name]) => name)).toEqual([
      'TELEGRAM_API_ROOT',
      'PUBLIC_URL',
      'OPENAI_BASE_URL',
      'OPENAI_PROVIDERS',
      'OPENAI_TRANSCRIPTION_BASE_URL',
    ]);
  });

  it.each(addresses)(
    'accept a plain one, and none with a password, which is not shown: %s',
    (name, example) => {
      expect(problemsOf({ [name]: example })).not.toContain(name);
      for (const start of [
        '://me:hunter2@',
        '://hunter2@',
        '://:hunter2@',
        ':\\\\me:hunter2@',
        ':me:hunter2@',
        ':/me:hunter2@',
        '://me:hunter2/x@',
        '://me:hunter2@x@',
        '://me:hunter2@ ',
        '://x.example/?key=hunter2&y=',
        '://x.example/#hunter2',
      ]) {
        const value = example.replace('://', start);
        const problems = problemsOf({ [name]: value });
        expect(problems, value).toContain(name);
        expect(problems, value).not.toContain('hunter2');
      }
    },
  );

  it('may have a port, a path, a number for a name', () => {
    for (const good of [
      'http://localhost:11434/v1',
      'https://[::1]:8443',
      'http://10.0.0.1/a/b',
      'HTTPS://X.example',
    ])
      expect(isHttpAddress(good), good).toBe(true);
    for (const bad of [
      'localhost',
      'ftp://x',
      'http:localhost',
      'http://',
      'http://x y',
      'javascript:1',
      5,
      undefined,
    ])
      expect(isHttpAddress(bad), String(bad)).toBe(false);
  });

  it.each([
    ['http://a:b@c/d', 'http://…@c/d'],
    ['a:b@c', '…@c'],
    ['x=http://a:b@c,y=http://d:e@f', 'x=http://…@f'],
    ['http://a:b/c@d', 'http://…@d'],
    ['http://plain/x', 'http://plain/x'],
    ['@channel', '…@channel'],
    ['http://plain/x?key=y', 'http://plain/x?…'],
  ])('are shown without a possible password: %s', (given, shown) => {
    expect(withoutUserInfo(given)).toBe(shown);
  });
});
