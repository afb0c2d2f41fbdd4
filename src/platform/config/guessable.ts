import { variablesOf } from './variable.js';

/** The least number of characters of a chosen secret, in production. */
export const MIN_SECRET_LENGTH = 16;

const MIN_DIFFERENT = 8;

/** Words that many people use as a secret, and the kinds of secret. */
const WORDS =
  /pass(?:wor[dt])?|change|letmein|welcome|please|iloveyou|secret|token|admin|master|root|login|user|test|example|default|webhook|telegram|turnpike|server|prod(?:uction)?|key|api|bot/giu;

/** Runs of neighbouring keys on a keyboard, in both directions. */
const WAYS = [
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '!@#$%^&*()',
];

/**
 * The reason why a chosen secret may be guessed; null if there is none. Finds what a person types to satisfy a rule
 * (one character again and again, a row of the keyboard or the alphabet, words such as "password" or the kind of
 * secret, the documentation's example), not the words of a dictionary: `openssl rand -base64 24` makes a secret that
 * passes and cannot be guessed. Pure.
 * @param examples the secrets shown in the documentation
 */
export function guessableBecause(secret: string, examples: readonly string[]): string | null {
  if (examples.includes(secret)) return 'is the example of the documentation';
  if (secret.length < MIN_SECRET_LENGTH) return `has fewer than ${MIN_SECRET_LENGTH} characters`;
  if (new Set(secret.toLowerCase()).size < MIN_DIFFERENT)
    return `has fewer than ${MIN_DIFFERENT} different characters`;
  if (repeats(secret)) return 'repeats itself';
  if (surprises(secret) < MIN_DIFFERENT) return 'follows a pattern';
  return surprises(secret.replaceAll(WORDS, '')) < MIN_DIFFERENT
    ? 'is made of words that everybody takes'
    : null;
}

/** `abcabcab`: a pattern repeated twice or more, behind some character. */
function repeats(secret: string): boolean {
  const periods = Array.from({ length: Math.floor(secret.length / 2) }, (_, index) => index + 1);
  return periods.some((period) => secret.startsWith(secret.slice(period)));
}

/** The characters that do not continue a run: `abcdef`, `654321`, `acegik` and `qwerty` have almost none. */
function surprises(secret: string): number {
  const codes = Array.from(secret, (character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter(
    (step, index) =>
      (index === 0 || step !== steps[index - 1]) && !isOnItsWay(secret.slice(index, index + 2)),
  ).length;
}

function isOnItsWay(pair: string): boolean {
  const [first = '', second = ''] = pair.toLowerCase();
  return WAYS.some((way) => way.includes(first + second) || way.includes(second + first));
}

/**
 * The faults of secrets that grant access; the messages contain no secret.
 * @param concerns instances of settings classes
 */
export function guessableSecrets(concerns: readonly object[]): string[] {
  return concerns.flatMap((concern) =>
    variablesOf(concern.constructor).flatMap(({ name, property, opensDoor, example }) => {
      const value: unknown = opensDoor && Reflect.get(concern, property);
      const reason = typeof value === 'string' ? guessableBecause(value, [example]) : null;
      if (reason === null) return [];
      return [
        `${name} ${reason}: NODE_ENV=production wants one that nobody guesses (the given value is not shown; for example by: openssl rand -hex 24)`,
      ];
    }),
  );
}
