import { BadRequestException } from '@nestjs/common';

/** A position in a listing by time; `micros` since 1970, as exact as the database keeps it. */
export interface TimeCursor {
  readonly micros: bigint;
  readonly id: string;
}

/** Longer than any cursor of ours. */
const MAX_CURSOR = 200;

/** Beyond the year 2200; still exact as a double, which PostgreSQL's interval arithmetic uses. */
const MAX_MICROS = 8_000_000_000_000_000n;
const MAX_BIGINT = 9_223_372_036_854_775_807n;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DIGITS = /^(0|[1-9]\d{0,18})$/;

/** @returns an opaque text: base64url of the JSON `[micros, id]` */
export function encodeTimeCursor({ micros, id }: TimeCursor): string {
  return encode([micros.toString(), id]);
}

/** @throws BadRequestException for anything that `encodeTimeCursor` did not make */
export function decodeTimeCursor(cursor: string): TimeCursor {
  const [micros, id, ...rest] = decode(cursor);
  if (rest.length > 0 || micros === undefined || id === undefined || !UUID.test(id)) throw notACursor();
  return { micros: parseNumber(micros, MAX_MICROS), id };
}

/** For listings in the order of a number. */
export function encodeNumberCursor(id: bigint): string {
  return encode([id.toString()]);
}

/** @throws BadRequestException for anything that `encodeNumberCursor` did not make */
export function decodeNumberCursor(cursor: string): bigint {
  const [id, ...rest] = decode(cursor);
  if (rest.length > 0 || id === undefined) throw notACursor();
  return parseNumber(id, MAX_BIGINT);
}

/** For listings in the order of UUIDs of version 7, which is the order of time. */
export function encodeIdCursor(id: string): string {
  return encode([id]);
}

/** @throws BadRequestException for anything that `encodeIdCursor` did not make */
export function decodeIdCursor(cursor: string): string {
  const [id, ...rest] = decode(cursor);
  if (rest.length > 0 || id === undefined || !UUID.test(id)) throw notACursor();
  return id;
}

/** For listings in the order of a text. */
export function encodeTextCursor(text: string): string {
  return encode([text]);
}

/** @throws BadRequestException for anything that `encodeTextCursor` did not make */
export function decodeTextCursor(cursor: string): string {
  const [text, ...rest] = decode(cursor);
  if (rest.length > 0 || text === undefined || text.includes('\0')) throw notACursor();
  return text;
}

function encode(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Accepts one spelling only: what decodes must encode to the same text again. */
function decode(cursor: string): string[] {
  if (cursor.length > MAX_CURSOR) throw notACursor();
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) throw notACursor();
  if (encode(parts) !== cursor) throw notACursor();
  return parts;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notACursor();
  }
}

function parseNumber(text: string, max: bigint): bigint {
  if (!DIGITS.test(text)) throw notACursor();
  const value = BigInt(text);
  if (value > max) throw notACursor();
  return value;
}

function notACursor(): BadRequestException {
  return new BadRequestException('cursor must be the nextCursor of an earlier page');
}
