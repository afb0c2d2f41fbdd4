import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { requestOver } from './request-over.js';

const HEADERS = {
  'user-agent': 'Mozilla/5.0 (compatible; Turnpike; fetch_url)',
  accept:
    'text/html, application/xhtml+xml, text/plain, text/markdown, application/json, application/xml;q=0.9',
  'accept-encoding': 'gzip, deflate, br',
};

/**
 * One GET over a connection that is being opened, up to the headers of the answer: it follows no redirect and uses no
 * proxy, whatever the environment says. Destroying the answer closes the connection.
 * @throws GiveUpError `FETCH_FAILED`; the reason of `signal`
 */
export async function httpGet(
  url: URL,
  connection: Promise<Socket>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await requestOver(await connection, url, { headers: HEADERS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error);
  }
}

/** Uses the code of the error only: its message may contain the other side's words, for example of its certificate. */
export function connectionFailure(error: unknown): GiveUpError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const suffix = /^[A-Z][A-Z\d_]{1,63}$/.test(code) ? ` (${code})` : '';
  return new GiveUpError('FETCH_FAILED', `The connection to the host failed${suffix}.`, null, {
    cause: error,
  });
}
