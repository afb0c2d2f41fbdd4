import { variablesOf } from './variable.js';

/** Characters that a secret of ours has at least, in production. */
export const MIN_SECRET_LENGTH = 16;

const MIN_DIFFERENT = 8;

/**
 * Why a secret that somebody chose may be guessed; null where nothing speaks for it. It finds what a person types to get
 * past a rule (one character again and again, a row of the keyboard or the alphabet, the documentation's example), not
 * what a dictionary holds: `openssl rand -base64 24` makes one that passes, and that nobody guesses. Pure.
 * @param examples what the documentation shows
 */
export function guessableBecause(secret: string, examples: readonly string[]): string | null {
  if (examples.includes(secret)) return 'is the example of the documentation';
  if (secret.length < MIN_SECRET_LENGTH) return `has fewer than ${MIN_SECRET_LENGTH} characters`;
  if (new Set(secret.toLowerCase()).size < MIN_DIFFERENT)
    return `has fewer than ${MIN_DIFFERENT} different characters`;
  if (repeats(secret)) return 'repeats itself';
  return surprises(secret) < MIN_DIFFERENT ? 'follows a pattern' : null;
}

/** `abcabcab`: from some character on it is what it was from the first, twice or more. */
function repeats(secret: string): boolean {
  const periods = Array.from({ length: Math.floor(secret.length / 2) }, (_, index) => index + 1);
  return periods.some((period) => secret.startsWith(secret.slice(period)));
}

/** Characters that do not go on as those before them: `abcdef`, `654321` and `acegik` have next to none. */
function surprises(secret: string): number {
  const codes = Array.from(secret, (character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter((step, index) => index === 0 || step !== steps[index - 1]).length;
}

/**
 * What is wrong with the secrets of settings that let somebody in; no secret.
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
