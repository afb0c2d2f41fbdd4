import { isDeepStrictEqual } from 'node:util';
import { BotApiError } from '../../src/playground/bot-api/bot-api-error.js';
import type { FormattedText } from '../../src/playground/bot-api/formatted-text.js';
import { Params, type ParamValue } from '../../src/playground/bot-api/params.js';
import { readText } from '../../src/playground/bot-api/read-text.js';
import { readRichMessage } from '../../src/playground/bot-api/rich-message.js';

/**
 * The description of a 400, or null for a text the double accepts. The rules are the simulator's; the double also
 * refuses a text or an entity that Telegram would silently change, because it would then look different.
 */
export function textProblem(params: Readonly<Record<string, unknown>>): string | null {
  if (params['parse_mode'] !== undefined) {
    return "Bad Request: can't parse entities: this double takes entities only";
  }
  try {
    return changeOf(params, readText(asParams(params)));
  } catch (error) {
    if (error instanceof BotApiError) return error.message;
    throw error;
  }
}

/** The visible text of a call's rich message, or its refusal; null if it has none. */
export function richTextOf(params: Readonly<Record<string, unknown>>): string | BotApiError | null {
  try {
    return readRichMessage(asParams(params))?.text ?? null;
  } catch (error) {
    if (error instanceof BotApiError) return error;
    throw error;
  }
}

function asParams(params: Readonly<Record<string, unknown>>): Params {
  return new Params(new Map(Object.entries(params).filter(isParam)));
}

function changeOf({ text, entities = [] }: Readonly<Record<string, unknown>>, shown: FormattedText) {
  // Of several direction marks Telegram keeps the last: they are invisible.
  const visible = (one: string) => one.replace(/[\u200c\u200e\u200f]/g, '');
  if (visible(String(text)) !== visible(shown.text))
    return 'Bad Request: this double shows a text as it is given or not at all';
  const given: unknown = typeof entities === 'string' ? JSON.parse(entities) : entities;
  if (isDeepStrictEqual(given, shown.entities)) return null;
  return "Bad Request: can't parse entities: Telegram would change them";
}

function isParam(entry: [string, unknown]): entry is [string, ParamValue] {
  return entry[1] !== undefined;
}
