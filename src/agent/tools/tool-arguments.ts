import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { cleanOutput } from './tool-output.js';

/** The longest arguments that are read, in UTF-16 units. */
const MAX_ARGUMENTS_CHARS = 100_000;

export type ReadArguments =
  | { readonly kind: 'valid'; readonly parameters: object }
  /** Every reason, as a clause the model can act on. */
  | { readonly kind: 'invalid'; readonly reasons: readonly string[] };

/**
 * Turns a model's text into a validated instance of a tool's parameters. An empty text and `null` fields mean "not
 * given"; NUL and lone surrogates are removed from strings. Never throws.
 */
export function readArguments(text: string, type: Type<object>): Promise<ReadArguments> {
  return readObject(text, async (given) => {
    const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
    const parameters = plainToInstance(type, fields);
    const errors = await validate(parameters, {
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: false,
    });
    return errors.length === 0
      ? { kind: 'valid', parameters }
      : { kind: 'invalid', reasons: errors.flatMap((error) => reasonsOf(error, '')) };
  });
}

/**
 * Reads a text that must be a JSON object, and validates it. An empty text is an empty object; NUL and lone surrogates
 * are removed from strings. Never throws.
 */
export async function readObject(
  text: string,
  check: (given: object) => ReadArguments | Promise<ReadArguments>,
): Promise<ReadArguments> {
  if (text.length > MAX_ARGUMENTS_CHARS) {
    return invalid(`they are ${text.length} characters long; ${MAX_ARGUMENTS_CHARS} is the most`);
  }
  try {
    const given: unknown = text.trim() === '' ? {} : JSON.parse(text, clean);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      return invalid('they must be a JSON object');
    }
    return await check(given);
  } catch (error) {
    return invalid(
      error instanceof SyntaxError ? `they are not JSON (${error.message})` : 'they cannot be read',
    );
  }
}

const invalid = (reason: string): ReadArguments => ({ kind: 'invalid', reasons: [reason] });

/** A reviver: strings PostgreSQL can store. */
function clean(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? cleanOutput(value) : value;
}

/** class-validator's messages begin with the bare property; a nested one gets its whole path. */
function reasonsOf(error: ValidationError, parent: string): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) =>
    parent === '' ? message : message.replace(error.property, () => path),
  );
  return [...own, ...(error.children ?? []).flatMap((child) => reasonsOf(child, path))];
}
