import { badRequest } from './bot-api-error.js';

/** A file that came with a multipart call. */
export interface UploadedFile {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

export type ParamValue = string | UploadedFile | object | number | boolean | null;

/**
 * The parameters of one call. As on Telegram, a value may be a query field, a form field or JSON: numbers may be
 * written as text, and objects as JSON in text.
 * Source: https://core.telegram.org/bots/api#making-requests
 */
export class Params {
  constructor(private readonly values: ReadonlyMap<string, ParamValue>) {}

  /** The value as text; absent is empty. */
  text(name: string): string {
    const value = this.values.get(name);
    if (value === undefined || value === null || typeof value === 'object') return '';
    const text = String(value);
    if (!text.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
    return text;
  }

  /** A whole number, or undefined if the field is absent or no number: the Bot API treats both alike. */
  integer(name: string): number | undefined {
    const text = this.text(name).trim();
    const number = Number(text);
    return text !== '' && Number.isSafeInteger(number) ? number : undefined;
  }

  flag(name: string): boolean {
    return ['true', '1', 'yes', 't', 'y'].includes(this.text(name).toLowerCase());
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** An object or array, given as such or as JSON in text; undefined if absent. */
  json(name: string): unknown {
    const value = this.values.get(name);
    if (typeof value !== 'string') return value ?? undefined;
    if (value.trim() === '') return undefined;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw badRequest(`can't parse ${name} JSON object`);
    }
  }

  file(name: string): UploadedFile | undefined {
    const value = this.values.get(name);
    if (typeof value !== 'object' || value === null || !('size' in value) || !('name' in value))
      return undefined;
    return value;
  }
}

/** A JSON object, or null for anything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
