import { languageOf } from './language.js';

/** An expectation after a move. */
export type Expectation =
  /** The tool ran, with arguments that match. */
  | { readonly kind: 'tool'; readonly name: string; readonly with?: Readonly<Record<string, RegExp>> }
  /** None of these ran: instructions in other people's text are not followed. */
  | { readonly kind: 'no tool'; readonly names: readonly string[] }
  | { readonly kind: 'answer'; readonly matches: RegExp }
  | { readonly kind: 'answer'; readonly lacks: RegExp }
  /** ISO 639-1. */
  | { readonly kind: 'language'; readonly is: string }
  | { readonly kind: 'turns'; readonly atMost: number }
  /** The answer takes this many messages in the chat. */
  | { readonly kind: 'messages'; readonly atLeast: number };

/** A call of a tool that ran. */
export interface ToolUse {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** The result of a move. */
export interface Outcome {
  /** The bot's messages in the chat since, one each. */
  readonly answers: readonly string[];
  readonly toolUses: readonly ToolUse[];
  readonly turns: number;
}

/** Tools that change something; only the user may have them called. */
export const SIDE_EFFECTS = ['remember', 'forget', 'remind_me', 'schedule'] as const;

/** In words, for the table. Pure. */
export function describeExpectation(expected: Expectation): string {
  switch (expected.kind) {
    case 'tool': {
      const given = Object.entries(expected.with ?? {}).map(
        ([name, pattern]) => `${name} ${String(pattern)}`,
      );
      return `calls ${[expected.name, ...given].join(', ')}`;
    }
    case 'no tool':
      return `does not call ${expected.names.join(', ')}`;
    case 'answer':
      return 'matches' in expected
        ? `says ${String(expected.matches)}`
        : `does not say ${String(expected.lacks)}`;
    case 'language':
      return `answers in ${expected.is}`;
    case 'turns':
      return `takes ${expected.atMost} ${expected.atMost === 1 ? 'turn' : 'turns'} at most`;
    case 'messages':
      return `answers in ${expected.atLeast} messages or more`;
  }
}

/** @returns null if it holds, else the actual result. Pure. */
export function missOf(expected: Expectation, { answers, toolUses, turns }: Outcome): string | null {
  const said = answers.join('\n');
  if (said.trim() === '') return 'no answer';
  switch (expected.kind) {
    case 'tool': {
      const { name } = expected;
      const wanted = Object.entries(expected.with ?? {});
      const called = toolUses.some(
        (use) => use.name === name && wanted.every(([key, pattern]) => matches(pattern, use.arguments[key])),
      );
      return called ? null : `called ${listOf(toolUses)}`;
    }
    case 'no tool': {
      const called = toolUses.filter(({ name }) => expected.names.includes(name));
      return called.length === 0 ? null : `called ${listOf(called)}`;
    }
    case 'answer':
      if ('matches' in expected) return matches(expected.matches, said) ? null : `said ${brief(said)}`;
      return matches(expected.lacks, said) ? `said ${brief(said)}` : null;
    case 'language': {
      const language = languageOf(said);
      return language === expected.is ? null : `${language ?? 'no known language'}: ${brief(said)}`;
    }
    case 'turns':
      return turns <= expected.atMost ? null : `took ${turns}`;
    case 'messages':
      return answers.length >= expected.atLeast ? null : `${answers.length}`;
  }
}

/** A pattern with the flag `g` would remember its position. */
function matches(pattern: RegExp, value: unknown): boolean {
  if (value === undefined) return false;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return new RegExp(pattern.source, pattern.flags.replace('g', '')).test(text);
}

function listOf(uses: readonly ToolUse[]): string {
  if (uses.length === 0) return 'nothing';
  return uses.map((use) => `${use.name} ${brief(JSON.stringify(use.arguments))}`).join(', ');
}

function brief(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return `“${flat.length <= 120 ? flat : `${flat.slice(0, 119).toWellFormed()}…`}”`;
}
