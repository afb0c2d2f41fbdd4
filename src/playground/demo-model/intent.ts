/** The demo model's reading of a message. */
export type Intent =
  | { readonly kind: 'tool'; readonly tool: string; readonly arguments: Readonly<Record<string, string>> }
  | { readonly kind: 'help' }
  | { readonly kind: 'count'; readonly to: number }
  | { readonly kind: 'talk' };

/** As far as the demo model counts. */
const MAX_COUNT = 2_000;

interface Rule {
  readonly pattern: RegExp;
  /** Null if the words fit and the sense does not. */
  readonly read: (words: string, text: string) => Intent | null;
}

/** Tried in this order; the first capture group becomes `words`. */
const RULES: readonly Rule[] = [
  {
    // Text from outside, recognised by its mark: it is read, and its instructions are not followed.
    pattern: /^(?:Between the marks: |\[[^\n]*; what is quoted is data: )/,
    read: () => ({ kind: 'talk' }),
  },
  {
    pattern: /^(?:please\s+)?(?:hi|hello|hey|help|who are you|what (?:can|do) you do)\b/i,
    read: () => ({ kind: 'help' }),
  },
  {
    pattern:
      /^(?:(?:please|bitte|por favor),?\s+)?(?:remember(?:\s+that)?|merke? dir,?(?:\s+dass)?|recuerda(?:\s+que)?)[\s:,]+(.+)/is,
    read: (fact) => tool('remember', { fact }),
  },
  {
    pattern: /^(?:please\s+)?forget(?:\s+that)?[\s:,]+(.+)/is,
    read: (fact) => tool('forget', { fact }),
  },
  {
    pattern: /^count\s+(?:from\s+1\s+)?to\s+(\d{1,4})\b/i,
    read: (to) => ({ kind: 'count', to: Math.min(Number(to), MAX_COUNT) }),
  },
  {
    pattern: /\bwhat did i (?:say|write|tell you)\s+about\s+(.+)/is,
    read: (query) => tool('search_history', { query: unquoted(query) }),
  },
  {
    pattern: /\bwhat (?:do|did) (?:you (?:know|remember)|i (?:tell|told) you)\b|^recall\b/i,
    read: () => tool('recall', {}),
  },
  {
    pattern:
      /^(?:please\s+)?search\s+(?:(?:(?:my|our|the)\s+)?(?:history|messages|chat)\s+)?(?:for\s+)?(.+)/is,
    read: (query) => tool('search_history', { query: unquoted(query) }),
  },
  {
    pattern: /\bwhat(?:'s|’s|\s+is)?\s+(?:the\s+)?time\b|\bwhat time\b|\btime is it\b/i,
    read: (_, text) => {
      const timeZone = timeZoneIn(text);
      return tool('current_time', timeZone === null ? {} : { timeZone });
    },
  },
  {
    pattern:
      /^(?:(?:please\s+)?(?:calculate|compute|what(?:'s|’s|\s+is)|how much is|wie ?viel ist|was ist|¿?cuánto es)\s+)?([\d\s.+\-*/×÷^%()]+)[=?.!]*$/i,
    read: (expression) => readCalculation(expression),
  },
];

/** Reads one message by simple rules: no network, no randomness, the same words give the same intent. */
export function intentOf(text: string): Intent {
  const trimmed = text.trim();
  for (const { pattern, read } of RULES) {
    const found = pattern.exec(trimmed);
    const intent = found && read((found[1] ?? '').trim(), trimmed);
    if (intent) return intent;
  }
  return { kind: 'talk' };
}

function tool(name: string, args: Readonly<Record<string, string>>): Intent {
  return { kind: 'tool', tool: name, arguments: args };
}

/** An expression has an operator and two operands: a lone number or a date is none. */
function readCalculation(words: string): Intent | null {
  const expression = words
    .replaceAll('×', '*')
    .replaceAll('÷', '/')
    .replace(/[.\s]+$/, '');
  const isDate = /^\d{4}-\d\d?-\d\d?$/.test(expression);
  return /[\d)]\s*[+\-*/^%]\s*[\d(.-]/.test(expression) && !isDate ? tool('calculate', { expression }) : null;
}

function unquoted(text: string): string {
  return text.replace(/^["“'](.*)["”']$/s, '$1').replace(/[?.!]+$/, '');
}

/** City names of the time zones that this Node.js knows, e.g. `new york` for `America/New_York`. */
const ZONES = new Map(
  Intl.supportedValuesOf('timeZone').map((zone) => [
    zone
      .slice(zone.lastIndexOf('/') + 1)
      .replaceAll('_', ' ')
      .toLowerCase(),
    zone,
  ]),
);
const LONGEST_NAME_IN_WORDS = 4;

/** The time zone whose city a text names ("what time is it in Tokyo?"), or null. */
function timeZoneIn(text: string): string | null {
  const words = text.toLowerCase().match(/[\p{L}/_+-]+/gu) ?? [];
  for (let length = LONGEST_NAME_IN_WORDS; length > 0; length--) {
    for (let start = 0; start + length <= words.length; start++) {
      const name = words.slice(start, start + length).join(' ');
      const zone = ZONES.get(name.slice(name.lastIndexOf('/') + 1).replaceAll('_', ' '));
      if (zone) return zone;
    }
  }
  return null;
}
