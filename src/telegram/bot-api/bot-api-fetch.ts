import { fieldOf, integerOf } from '../updates/update-fields.js';

/**
 * The HTTP under grammY's client: Node's own `fetch` instead of node-fetch, because it tells a connection that was never
 * made from one that broke, and drops idle keep-alive connections before the server does (a request that meets a closing
 * connection would be of unknown outcome).
 *
 * Always resolves to an answer in the Bot API's shape: a proxy's HTML page becomes an error with its HTTP status.
 * Redirects are not followed, since the address holds the token.
 * @throws what `fetch` throws; an Error where a success holds no Bot API answer
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
  if (response.ok) throw new Error(`${response.status} without a Bot API answer`);
  const description = `${response.status} ${response.statusText}`.trim();
  return Response.json({ ok: false, error_code: response.status, description });
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
