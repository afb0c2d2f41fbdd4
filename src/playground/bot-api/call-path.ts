import { botMethods } from './bot-methods.js';
import { messageMethods } from './message-methods.js';
import type { BotApiMethod } from './method-table.js';
import { updateMethods } from './update-methods.js';

const METHODS: ReadonlyMap<string, { readonly name: string; readonly run: BotApiMethod }> = new Map(
  Object.entries({ ...botMethods, ...messageMethods, ...updateMethods }).map(([name, run]) => [
    name.toLowerCase(),
    { name, run },
  ]),
);
const CALL_PATH = /^\/bot([^/]+)\/(?:test\/)?(\w+)\/?$/;

/** Reads a request's path: `/bot<token>/<method>`, the method in any case. Null for any other path. */
export function readPath(pathname: string) {
  const [, token, name = ''] = CALL_PATH.exec(decodePath(pathname)) ?? [];
  return { token: token ?? null, method: METHODS.get(name.toLowerCase()) ?? null };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
