import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { distance, misspeltVariables } from './misspelt.js';
import { settingsClasses } from '../../settings/settings.js';
import { variablesOf } from './variable.js';

const known = Object.values(settingsClasses).flatMap((type) => variablesOf(type).map(({ name }) => name));
const long = known.filter((name) => name.length >= 6);

describe('A variable that is no setting', () => {
  it.each([
    ['TELEGRAM_BOT_TOKN', 'TELEGRAM_BOT_TOKEN'],
    ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
    ['TELEGRAM_ALOWED_CHAT', 'TELEGRAM_ALLOWED_CHATS'],
    ['telegram_bot_token', 'TELEGRAM_BOT_TOKEN'],
    ['OPENAI_KEY', 'OPENAI_API_KEY'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['ADIMN_API_KEY', 'ADMIN_API_KEY'],
  ])('%s stops the start, and the message names %s and no value', (name, meant) => {
    expect(misspeltVariables({ [name]: 'the-value' }, known)).toEqual([
      `${name} is no setting: ${meant} is meant (unset ${name} if it is of another program)`,
    ]);
  });

  it.each([
    [
      'of other programs',
      { PATH: '/bin', HOSTS: 'a', SPORT: 'b', XDG_DATA_DIRS: 'c', HTTP_PROXY: 'd', APP_NAME: 'e' },
    ],
    [
      'of platforms',
      { DATABASE_SSL: '1', POSTGRES_PASSWORD: 'a', NODE_OPTIONS: 'b', LOG_DIR: 'c', OPENAI_ORG_ID: 'd' },
    ],
    ['that says it is another one', { OPENAI_API_KEY_OLD: 'a', TELEGRAM_BOT_TOKEN_2: 'b' }],
    ['without a value', { TELEGRAM_BOT_TOKN: ' ' }],
  ])('%s is left alone', (_which, env) => {
    expect(misspeltVariables(env, known)).toEqual([]);
  });

  it('is left alone where a file of the deployment names it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'turnpike-misspelt-'));
    const file = join(folder, 'bots.json');
    writeFileSync(file, '{"bots": {"support": {"token": "${TELEGRAM_BOT_TOKENS}"}}}');
    expect(
      misspeltVariables({ TELEGRAM_BOT_TOKENS: 'a' }, known, [file, undefined, '/no/such/file']),
    ).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('is found for every single missing character, and no setting is mistaken for another', () => {
    fc.assert(
      fc.property(fc.constantFrom(...long), fc.nat(), (name, place) => {
        const at = place % name.length;
        const slip = name.slice(0, at) + name.slice(at + 1);
        if (known.includes(slip) || slip.length < 6) return;
        expect(misspeltVariables({ [slip]: 'x' }, known)).toHaveLength(1);
      }),
    );
    expect(misspeltVariables(Object.fromEntries(known.map((name) => [name, 'x'])), known)).toEqual([]);
  });
});

describe('The distance of two names', () => {
  it('counts each slip once, is the same both ways, and 0 for the same name only', () => {
    expect(distance('HOST', 'HSOT')).toBe(1);
    expect(distance('HOST', 'HOT')).toBe(1);
    expect(distance('HOST', 'HOSTS')).toBe(1);
    expect(distance('HOST', 'MOST')).toBe(1);
    const name = fc.string({ unit: fc.constantFrom('A', 'B', '_'), maxLength: 8 });
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(distance(one, other)).toBe(distance(other, one));
        expect(distance(one, other) === 0).toBe(one === other);
      }),
    );
  });
});
