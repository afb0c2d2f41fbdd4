import { fieldOf, integerOf } from './update-fields.js';

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

/**
 * An HTTP answer that is not the Bot API's: a gateway's page, a redirect, half an answer. The outcome is unknown: the
 * answering server may have passed the call on before.
 */
export class ForeignAnswerError extends Error {
  /** The pause of `Retry-After`; null: none. */
  readonly retryAfterMs: number | null;

  constructor({ status, statusText, headers }: Pick<Response, 'status' | 'statusText' | 'headers'>) {
    super(`${`HTTP ${status} ${statusText}`.trim()}, and no answer of the Bot API`);
    this.name = 'ForeignAnswerError';
    this.retryAfterMs = readRetryAfter(headers.get('retry-after'));
  }
}

/** The longest pause it may ask for. */
const MOST_SECONDS = 3_600;

/** Seconds only: a date would be by the gateway's clock (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after). */
function readRetryAfter(header: string | null): number | null {
  if (header === null || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header), MOST_SECONDS) * 1_000;
}
