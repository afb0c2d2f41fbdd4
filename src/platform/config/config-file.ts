import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { messageOf } from '../errors/errors.js';
import type { Environment } from './read-settings.js';

/**
 * Reads a JSON file that a setting names.
 * @param example of its path, for the message when it cannot be read
 * @returns the problem without a word of the file, which may hold secrets
 */
export function readJsonFile(
  path: string,
  example: string,
): { readonly content: unknown } | { readonly problem: string } {
  try {
    return { content: JSON.parse(withoutMark(readFileSync(path, 'utf8'))) };
  } catch (error) {
    // The message of a syntax error quotes the file.
    const why = error instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${messageOf(error)}`;
    return { problem: `${why} (for example ${example})` };
  }
}

/** Some editors begin a file with a byte order mark, which is no part of its JSON. */
const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/** Makes an entry of a file an instance of its class; adds invalid and unknown fields to `reasons`. */
export function readEntry<T extends object>(type: new () => T, given: object, reasons: string[]): T {
  const entry = plainToInstance(type, given);
  const errors = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  reasons.push(...errors.flatMap((error) => reasonsOf(error, '')));
  return entry;
}

/** class-validator's messages begin with the bare field; a nested one gets its whole path. */
function reasonsOf(error: ValidationError, parent: string): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((text) => text.replace(error.property, () => path));
  return [...own, ...(error.children ?? []).flatMap((child) => reasonsOf(child, path))];
}

/** Substitutes variables in texts, and records their values. */
export class Variables {
  readonly values: string[] = [];
  readonly problems: string[] = [];

  constructor(private readonly env: Environment) {}

  /** @param path of the value in its entry, e.g. `headers.Authorization` */
  expand(value: unknown, path: string): unknown {
    if (typeof value === 'string') return this.text(value, path);
    const inside = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
    if (Array.isArray(value)) return value.map((item, index) => this.expand(item, inside(index)));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.expand(item, inside(key))]),
    );
  }

  private text(text: string, path: string): string {
    return text.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) => {
      const value = this.env[name];
      if (!/^[A-Za-z_]\w*$/.test(name)) this.problems.push(`${path}: ${whole} names no variable`);
      else if (value === undefined || value === '')
        this.problems.push(`${path}: the variable ${name} is not set`);
      else this.values.push(value);
      return value ?? '';
    });
  }
}

/** Shorter values (`1`, `true`, `de`) are no secrets, and redacting them would leave nothing of a log. */
export const isLongEnough = (secret: string): boolean => secret.length >= 6;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
