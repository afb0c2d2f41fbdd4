import { fieldOf, integerOf } from './update-fields.js';
import { ForeignAnswerError } from './foreign-answer-error.js';

/**
 * The HTTP transport under grammY's client: Node's own `fetch` instead of node-fetch, because it distinguishes a
 * connection that was never made from one that broke, and drops idle keep-alive connections before the server does (a
 * request that meets a closing connection would have an unknown outcome).
 *
 * Resolves to an answer in the Bot API's shape, whatever its HTTP status. Does not follow redirects, because the
 * address holds the token.
 * @throws an error of `fetch`
 * @throws ForeignAnswerError for every other answer
 */
export async function botApiFetch(
  url: string | URL,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.delete('connection');
  const response = await fetch(url, { ...init, headers, signal, redirect: 'manual' });
  const answer = parse(await response.text());
  if (isAnswer(answer)) return Response.json(answer);
  throw new ForeignAnswerError(response);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** https://core.telegram.org/bots/api#making-requests */
function isAnswer(answer: unknown): boolean {
  const ok = fieldOf(answer, 'ok');
  if (ok === true) return Object.hasOwn(Object(answer), 'result');
  return (
    ok === false &&
    integerOf(answer, 'error_code') !== null &&
    typeof fieldOf(answer, 'description') === 'string'
  );
}
