import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Socket } from 'node:net';
import { GiveUpError } from '../../../platform/errors/errors.js';

/** A request; by default a GET. */
interface RequestOver {
  readonly method?: 'POST';
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

/**
 * One request over an open connection, up to the headers of the answer: it follows no redirect and uses no proxy,
 * whatever the environment says. Destroying the answer closes the connection.
 * @throws GiveUpError `FETCH_CLOSED`; errors of the connection; the reason of the signal
 */
export async function requestOver(
  socket: Socket,
  url: URL,
  options: RequestOver,
  body?: string,
): Promise<IncomingMessage> {
  // Without an agent there is no pool, no other connection and no proxy.
  const asked = request({
    ...options,
    createConnection: () => socket,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, connection: 'close', ...options.headers },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const closed = () => reject(new GiveUpError('FETCH_CLOSED', 'closed without an answer'));
    asked.on('response', resolve).on('error', reject);
    // A change of protocol (101) ends the request without an error.
    asked.on('close', closed);
    // The request listens from the next tick on, and would miss earlier errors.
    socket.on('error', reject).on('close', closed);
    if (socket.closed) closed();
  });
  asked.end(body);
  return await answer;
}
