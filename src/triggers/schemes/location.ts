import { headerOf, type SignedRequest } from './signed-request.js';

/** A place in a request that holds a short text: a header, or a field of the JSON body. */
export type Location =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'json'; readonly path: readonly string[] };

/** Longer values, and those with control characters, are no ids. */
const READABLE = /^[^\p{Cc}]{1,255}$/u;

/** @param name in lower case */
export const inHeader = (name: string): Location => ({ kind: 'header', name });

/** @param path field names from the outside in */
export const inBody = (...path: readonly string[]): Location => ({ kind: 'json', path });

/**
 * Reads an operator's words for a place: `header:x-request-id`, or `body:event.id`.
 * @returns null if they name none
 */
export function parseLocation(text: string): Location | null {
  const header = /^header:(?<name>[\w-]{1,100})$/.exec(text)?.groups?.['name'];
  if (header) return inHeader(header.toLowerCase());
  const path = /^body:(?<path>[^.]+(?:\.[^.]+)*)$/.exec(text)?.groups?.['path'];
  return path ? inBody(...path.split('.')) : null;
}

/**
 * @param json the parsed body; undefined if it is not JSON
 * @returns the text or integer at the location; null if there is none, if the text is not readable or has more than 255
 *   characters, or if the integer is so large that parsing has rounded it
 */
export function readLocation(
  location: Location,
  request: Pick<SignedRequest, 'headers'>,
  json: unknown,
): string | null {
  const value = valueAt(location, request, json);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === 'string' && READABLE.test(value) && value.isWellFormed() ? value : null;
}

function valueAt(location: Location, request: Pick<SignedRequest, 'headers'>, json: unknown): unknown {
  switch (location.kind) {
    case 'header':
      return headerOf(request, location.name);
    case 'json':
      return location.path.reduce(fieldOf, json);
  }
}

/** @returns an own field of an object, or an element of an array; undefined if there is none */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
