/** Names of fields whose text is never printed: `authorization`, `x-telegram-bot-api-secret-token`, `apiKey`, ... */
const SECRET_NAME = /secret|authorization|api[-_]?key|passw(or)?d|cookie|token$/i;

const REPLACEMENT = '[redacted]';

/** Shorter values (`1`, `none`, `de`) are no secrets, and taking them out would leave little of a text. */
const MIN_LENGTH = 6;

/** Texts that come again and again are names of fields, words and ids. */
const REMEMBERED_LENGTH = 64;
const REMEMBERED = 5_000;

/** A text without any of these has no escaped character. */
const ESCAPES = /[%\\&=\n\u00ad\u200b-\u200d\u2060\ufeff]/;

/** Invisible text between two characters: also the line break and indent of a folded line. */
const UNSEEN = '(?:\\r?\\n[ \\t]{0,80}|[\\u{ad}\\u{200b}-\\u{200d}\\u{2060}\\u{feff}])?';

/** HTML's named entities; all other characters are written as numbers there. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

/**
 * Takes secrets out of anything printed, stored or shown: by the name of the field that holds them, and by their exact
 * value anywhere in a text, also encoded: in base64 and base64url, whatever stands before and behind it there, in
 * hexadecimal, and with any of its characters escaped, as URLs (any number of times), JSON and other languages, HTML
 * and mail do. A secret that is encoded twice in base64 or hexadecimal is taken out with the whole run.
 */
export class Redactor {
  private readonly values: readonly string[];
  private readonly escaped: readonly RegExp[];
  /** Matches a run that may hold a doubly encoded secret; null if there are no secrets. */
  private readonly encoded: RegExp | null;
  /** No shorter text holds a secret, in whatever form. */
  private readonly shortest: number;
  /** Short texts in which no secret was found. */
  private readonly clean = new Set<string>();

  /** @param secrets exact values, e.g. the bot token; those of less than 6 characters are ignored */
  constructor(secrets: readonly string[]) {
    // The longest first: a secret may be a part of another one.
    const known = [...new Set(secrets)].filter(({ length }) => length >= MIN_LENGTH).toSorted(byLength);
    this.values = [...new Set(known.flatMap(formsOf))].toSorted(byLength);
    this.escaped = known.map(escaped);
    const shortest = known.at(-1);
    this.encoded = shortest === undefined ? null : encodedText(shortestEncodingOf(shortest));
    this.shortest = Math.min(...this.values.map(({ length }) => length));
  }

  /** The text without the secrets. */
  text(text: string): string {
    if (text.length < this.shortest || this.clean.has(text)) return text;
    const left = this.without(text);
    if (left === text && text.length <= REMEMBERED_LENGTH) this.remember(text);
    return left;
  }

  private remember(text: string): void {
    if (this.clean.size >= REMEMBERED) this.clean.clear();
    this.clean.add(text);
  }

  private without(text: string): string {
    const clean = this.withoutForms(text);
    if (this.encoded === null) return clean;
    return clean.replaceAll(this.encoded, (run) => (this.isWithin(run) ? REPLACEMENT : run));
  }

  private isWithin(run: string): boolean {
    return decodingsOf(run).some((decoded) => this.values.some((value) => decoded.includes(value)));
  }

  private withoutForms(text: string): string {
    let clean = text;
    for (const value of this.values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, REPLACEMENT);
    }
    if (!ESCAPES.test(clean)) return clean;
    for (const pattern of this.escaped) clean = clean.replace(pattern, REPLACEMENT);
    return clean;
  }

  /**
   * The text to print instead of a field's value; null: the field may be printed. Numbers (token counts, lease tokens)
   * may.
   */
  field(name: string, value: unknown): string | null {
    const harmless = value === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof value);
    return !harmless && SECRET_NAME.test(name) ? REPLACEMENT : null;
  }
}

const byLength = (a: string, b: string): number => b.length - a.length;

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [secret, JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...base64Forms(bytes)];
}

/** The length in bytes: base64 takes six bits a character, and may share the first and the last with its neighbours. */
const shortestEncodingOf = (secret: string): number => Math.floor((Buffer.byteLength(secret) * 8) / 6) - 1;

/** The part of the base64 that is the secret's alone, for each of the three alignments. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/**
 * Matches each character as it is or escaped, in any of the ways; `%253A` is `%3A` encoded once more. No part of it is
 * ambiguous, and each repetition is bounded, so that it takes time in proportion to the text.
 */
function escaped(secret: string): RegExp {
  const isSpaced = new RegExp(`[ \\t\\r]|${UNSEEN.slice(0, -1)}`, 'u').test(secret);
  return new RegExp(Array.from(secret.toWellFormed(), formsOfCharacter).join(isSpaced ? '' : UNSEEN), 'gu');
}

function formsOfCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const bytes = Array.from(Buffer.from(character), (byte) => eitherCase(byte));
  const units = Array.from({ length: character.length }, (_, unit) =>
    eitherCase(character.charCodeAt(unit), 4),
  );
  const inLanguages = [
    bytes.map((byte) => `\\\\{1,8}x${byte}`).join(''),
    units.map((unit) => `\\\\{1,8}u${unit}`).join(''),
  ];
  const name = ENTITIES.get(character);
  const forms = [
    // A backslash before a character escapes it; one before a backslash would make that two of them.
    `${/[\w\\]/.test(character) ? '' : '\\\\{0,8}'}\\u{${code.toString(16)}}`,
    bytes.map((byte) => `%(?:25){0,8}${byte}`).join(''),
    bytes.map((byte) => `=${byte}`).join(''),
    ...(character === '\\' ? [] : inLanguages),
    `&#(?:[xX]0{0,8}${eitherCase(code, 1)}|0{0,8}${code});`,
    ...(name === undefined ? [] : [`&${name};`]),
    ...(character === ' ' ? ['\\+'] : []),
  ];
  return `(?:${forms.join('|')})`;
}

function eitherCase(number: number, digits = 2): string {
  const hex = number.toString(16).padStart(digits, '0');
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

const HEXADECIMAL = /[\da-f]{16,}/gi;

/** Finds possible base64, in its usual or its URL alphabet, or hexadecimal, of at least this many bytes. */
const encodedText = (bytes: number): RegExp =>
  new RegExp(String.raw`(?<![\w+/-])[\w+/-]{${Math.floor((bytes * 8) / 6)},}`, 'g');

/**
 * The possible decodings of a run of such characters, a byte a character. The encoded part may follow characters that
 * belong to the alphabet by accident, such as those of a path.
 */
function decodingsOf(run: string): string[] {
  const hexadecimal = run.match(HEXADECIMAL) ?? [];
  return [
    ...[0, 1, 2, 3].map((skipped) => decoded(run.slice(skipped), 'base64')),
    ...hexadecimal.flatMap((part) => [decoded(part, 'hex'), decoded(part.slice(1), 'hex')]),
  ];
}

const decoded = (text: string, encoding: 'base64' | 'hex'): string =>
  Buffer.from(text, encoding).toString('latin1');
