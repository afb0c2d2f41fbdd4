/** Names whose text is never printed, whatever it is: `authorization`, `x-telegram-bot-api-secret-token`, `apiKey`, ... */
const SECRET_NAME = /secret|authorization|api[-_]?key|passw(or)?d|cookie|token$/i;

const REPLACEMENT = '[redacted]';

/**
 * Takes secrets out of anything printed: by the name of the field that holds them, and by their exact value wherever it
 * occurs in a text, also percent-encoded as in an address.
 */
export class Redactor {
  private readonly values: readonly string[];

  /** @param secrets exact values, e.g. the bot token; empty ones are ignored */
  constructor(secrets: readonly string[]) {
    const forms = secrets.filter((secret) => secret !== '').flatMap(formsOf);
    // The longest first: a secret may be a part of another one.
    this.values = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  }

  /** The text without the secrets. */
  text(text: string): string {
    let clean = text;
    for (const value of this.values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, REPLACEMENT);
    }
    return clean;
  }

  /** What to print instead of a field's value; null: the field may be printed. Numbers (token counts, lease tokens) may. */
  field(name: string, value: unknown): string | null {
    const harmless = value === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof value);
    return !harmless && SECRET_NAME.test(name) ? REPLACEMENT : null;
  }
}

function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret.toWellFormed())];
}
