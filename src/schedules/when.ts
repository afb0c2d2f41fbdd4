import { isISO8601 } from 'class-validator';
import { GiveUpError } from '../platform/errors/errors.js';

/** The longest time ahead. */
const MAX_AHEAD_DAYS = 366;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const unitMs: Readonly<Record<string, number>> = {
  w: 7 * DAY_MS,
  d: DAY_MS,
  h: 60 * MINUTE_MS,
  m: MINUTE_MS,
  s: 1_000,
};

const number = String.raw`\d+(?:[.,]\d+)?`;
/** `1w2d3h4m5s`, each part once and in this order. */
const SHORT = new RegExp(
  ['w', 'd', 'h', 'm', 's'].map((unit) => String.raw`(?:(${number})\s*${unit}\s*)?`).join(''),
  'i',
);
/** https://en.wikipedia.org/wiki/ISO_8601#Durations, without years and months, which have no fixed length. */
const ISO = new RegExp(
  `P(?:(${number})W)?(?:(${number})D)?(?:T(?=\\d)(?:(${number})H)?(?:(${number})M)?(?:(${number})S)?)?`,
  'i',
);

/**
 * The time of a text: ISO 8601 with an offset, or without one, which means UTC; or a delay from now, as an ISO 8601
 * duration or in short form (`10m`, `2h30m`, `1d`). Pure.
 * @throws GiveUpError `SCHEDULE_TIME_INVALID`, `SCHEDULE_TIME_PAST` or `SCHEDULE_TIME_TOO_FAR`
 */
export function readWhen(text: string, now: Date): Date {
  const at = text.trim();
  const lengthMs = durationMs(at);
  const time = lengthMs === null ? pointInTime(at) : now.getTime() + lengthMs;
  if (Number.isNaN(time)) {
    throw new GiveUpError(
      'SCHEDULE_TIME_INVALID',
      `Not planned: "${at.slice(0, 64)}" is no time. Give ISO 8601 with the user's offset, e.g. ` +
        '"2026-11-03T19:30:00+01:00", or how long from now, e.g. "10m", "2h30m", "1d", "PT10M".',
    );
  }
  if (time <= now.getTime()) {
    throw new GiveUpError(
      'SCHEDULE_TIME_PAST',
      `Not planned: "${at}" is not in the future. Now it is ${now.toISOString()}.`,
    );
  }
  if (time > now.getTime() + MAX_AHEAD_DAYS * DAY_MS) {
    throw new GiveUpError(
      'SCHEDULE_TIME_TOO_FAR',
      `Not planned: "${at}" is more than a year ahead, which is the most. Now it is ${now.toISOString()}.`,
    );
  }
  return new Date(time);
}

/** @returns null for a text that is no duration */
function durationMs(text: string): number | null {
  for (const pattern of [ISO, SHORT]) {
    const match = pattern.exec(text);
    if (!match || match[0].length !== text.length) continue;
    const [, ...parts] = match;
    if (parts.every((part) => part === undefined)) continue;
    const lengths = ['w', 'd', 'h', 'm', 's'].map(
      (unit, index) => numberOf(parts[index]) * (unitMs[unit] ?? 0),
    );
    return Math.round(lengths.reduce((sum, length) => sum + length, 0));
  }
  return null;
}

const numberOf = (digits: string | undefined): number => Number(digits?.replace(',', '.') ?? 0);

/** Milliseconds since 1970; NaN for a text that is no point in time. */
function pointInTime(text: string): number {
  if (!isISO8601(text, { strict: true, strictSeparator: true })) return Number.NaN;
  const hasOffset = /T.*(?:Z|[+-]\d{2}(?::?\d{2})?)$/i.test(text);
  // A date alone is UTC by itself.
  return Date.parse(hasOffset || !/T/i.test(text) ? text : `${text}Z`);
}
