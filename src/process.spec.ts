import { describe, expect, it } from 'vitest';
import { settingsClasses } from './config/settings.js';
import { secretsIn } from './config/setting-secrets.js';
import { variablesOf } from './config/variable.js';
import { GiveUpError } from './errors/errors.js';
import { Redactor } from './errors/redactor.js';
import { failureText } from './process.js';

const SECRET = 'a-secret-of-somebody';
const secret = Object.values(settingsClasses)
  .flatMap(variablesOf)
  .filter((variable) => variable.secret);

describe('What is said of a failed start', () => {
  it.each(secret.map(({ name }) => name))('quotes no %s, also where that is not valid', (name) => {
    for (const value of [SECRET, `one=${SECRET}`, `x://user:${SECRET}@host/`]) {
      const redactor = new Redactor(secretsIn({ [name]: value }));
      const unknown = new Error(`the other side said: wrong ${SECRET}`);
      for (const error of [unknown, new GiveUpError('NO', SECRET, `try without ${SECRET}`), SECRET])
        expect(failureText(error, redactor)).not.toContain(SECRET);
    }
  });

  it('is where it arose, and of what we know only what to do', () => {
    const redactor = new Redactor([]);
    expect(failureText(new Error('odd'), redactor)).toMatch(/odd\n +at /);
    expect(failureText(new GiveUpError('NO', 'it cannot start', 'try this'), redactor)).toBe(
      'it cannot start\ntry this',
    );
  });
});
