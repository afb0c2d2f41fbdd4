import { describe, expect, it } from 'vitest';
import { settingsClasses, secretsIn } from './settings/settings.js';
import { variablesOf } from './platform/config/variable.js';
import { GiveUpError } from './platform/errors/errors.js';
import { Redactor } from './platform/errors/redactor.js';
import { failureText } from './process.js';

const SECRET = 'a-secret-of-somebody';
const secret = Object.values(settingsClasses)
  .flatMap(variablesOf)
  .filter((variable) => variable.secret);

describe('The message of a failed start', () => {
  it.each(secret.map(({ name }) => name))('quotes no %s, even if that is invalid', (name) => {
    for (const value of [SECRET, `one=${SECRET}`, `x://user:${SECRET}@host/`]) {
      const redactor = new Redactor(secretsIn({ [name]: value }));
      const unknown = new Error(`the other side said: wrong ${SECRET}`);
      for (const error of [unknown, new GiveUpError('NO', SECRET, `try without ${SECRET}`), SECRET])
        expect(failureText(error, redactor)).not.toContain(SECRET);
    }
  });

  it('is the stack, or for a known error only the remedy', () => {
    const redactor = new Redactor([]);
    expect(failureText(new Error('odd'), redactor)).toMatch(/odd\n +at /);
    expect(failureText(new GiveUpError('NO', 'it cannot start', 'try this'), redactor)).toBe(
      'it cannot start\ntry this',
    );
  });
});
