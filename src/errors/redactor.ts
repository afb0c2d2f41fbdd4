/** Names whose text is never printed, whatever it is: `authorization`, `x-telegram-bot-api-secret-token`, `apiKey`, ... */
const SECRET_NAME = /secret|authorization|api[-_]?key|passw(or)?d|cookie|token$/i;

const REPLACEMENT = '[redacted]';

/** Shorter ones (`1`, `none`, `de`) are no secrets, and taking them out would leave nothing of a text. */
const MIN_LENGTH = 6;

/**
 * Takes secrets out of anything printed, stored or shown: by the name of the field that holds them, and by their exact
 * value wherever it occurs in a text, also as others write it: percent-encoded, however often and whichever characters,
 * in base64 and its form for addresses, whatever stands before and behind it there, and within JSON.
 */
export class Redactor {
  private readonly values: readonly string[];
  private readonly percentEncoded: readonly RegExp[];

  /** @param secrets exact values, e.g. the bot token; those of less than 6 characters are ignored */
  constructor(secrets: readonly string[]) {
    // The longest first: a secret may be a part of another one.
    const known = [...new Set(secrets)].filter(({ length }) => length >= MIN_LENGTH).toSorted(byLength);
    this.values = [...new Set(known.flatMap(formsOf))].toSorted(byLength);
    this.percentEncoded = known.map(percentEncoded);
  }

  /** The text without the secrets. */
  text(text: string): string {
    let clean = text;
    for (const value of this.values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, REPLACEMENT);
    }
    if (!clean.includes('%')) return clean;
    for (const pattern of this.percentEncoded) clean = clean.replace(pattern, REPLACEMENT);
    return clean;
  }

  /** What to print instead of a field's value; null: the field may be printed. Numbers (token counts, lease tokens) may. */
  field(name: string, value: unknown): string | null {
    const harmless = value === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof value);
    return !harmless && SECRET_NAME.test(name) ? REPLACEMENT : null;
  }
}

const byLength = (a: string, b: string): number => b.length - a.length;

function formsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), ...base64Forms(Buffer.from(secret))];
}

/** What of the base64 is the secret's alone, for each of the three ways in which three bytes can be cut. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Each character as it is or encoded; `%253A` is `%3A` encoded once more. */
function percentEncoded(secret: string): RegExp {
  const characters = Array.from(secret.toWellFormed(), (character) => {
    const bytes = [...Buffer.from(character)].map((byte) => `%(?:25)*${eitherCase(byte)}`).join('');
    const itself = `\\u{${character.codePointAt(0)?.toString(16)}}`;
    return `(?:${itself}|${bytes}${character === ' ' ? '|\\+' : ''})`;
  });
  return new RegExp(characters.join(''), 'gu');
}

function eitherCase(byte: number): string {
  const hex = byte.toString(16).padStart(2, '0');
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
