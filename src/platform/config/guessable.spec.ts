import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessableBecause } from './guessable.js';

const because = (secret: string) => guessableBecause(secret, ['an-example-of-the-docs']);

describe('A secret may be guessed', () => {
  it.each([
    ['a', 'fewer than 16 characters'],
    ['Zk3-9sdkfj2-Zx8', 'fewer than 16 characters'],
    ['aaaaaaaaaaaaaaaa', 'fewer than 8 different'],
    ['AaAaAaAaAaAaAaAa', 'fewer than 8 different'],
    ['passwordpassword', 'fewer than 8 different'],
    ['abcdefghabcdefgh', 'repeats itself'],
    ['changeme12changeme12', 'repeats itself'],
    ['0123456789abcdef', 'follows a pattern'],
    ['abcdefghijklmnopqrstuvwxyz', 'follows a pattern'],
    ['9876543210987654', 'follows a pattern'],
    ['acegikmoqsuwybdf', 'follows a pattern'],
    ['qwertyuiopasdfgh', 'follows a pattern'],
    ['q1w2e3r4t5y6u7i8', 'follows a pattern'],
    ['1qaz2wsx3edc4rfv', 'follows a pattern'],
    ['Password12345678', 'follows a pattern'],
    ['change-me-please!', 'words that everybody takes'],
    ['turnpike-admin-key', 'words that everybody takes'],
    ['telegram-webhook-secret', 'words that everybody takes'],
    ['an-example-of-the-docs', 'the example'],
  ])('%s', (secret, reason) => {
    expect(because(secret)).toContain(reason);
  });

  it('unless it is random, in whatever way it is written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('hex', 'base64', 'base64url'),
        fc.integer({ min: 16, max: 40 }),
        (encoding, bytes) => {
          expect(because(randomBytes(bytes).toString(encoding))).toBeNull();
        },
      ),
      { numRuns: 1_000 },
    );
    for (const secret of ['Zk3-9sdkfj2-Zx81kQpo-77', 'aaZk39sdkfj2Zx81', 'correct horse battery staple'])
      expect(because(secret)).toBeNull();
  });
});
