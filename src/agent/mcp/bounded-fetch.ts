import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';

/** Bytes of one message of a server, in whichever way it comes. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** Redirects in a row that are followed, of an address without its last slash say. */
const MAX_REDIRECTS = 3;

/**
 * `fetch` whose answer breaks off where a message is too long; of a stream of events each event counts by itself. It goes
 * nowhere but to the server that the operator named: a redirect is followed within its origin, so that no server has calls,
 * and the headers that prove who asks, sent to a machine inside or to anybody else.
 */
export const boundedFetch: FetchLike = async (url, init) => {
  const response = await fetchWithin(new URL(url), init, MAX_REDIRECTS);
  if (!response.ok || !response.body) return response;
  const { status, statusText, headers } = response;
  const byEvent = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  return new Response(response.body.pipeThrough(limit(byEvent)), { status, statusText, headers });
};

async function fetchWithin(url: URL, init: RequestInit | undefined, redirects: number): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  // Those that keep the method and the body; another one is an answer without a message.
  const location = [307, 308].includes(response.status) ? response.headers.get('location') : null;
  if (location === null) return response;
  await response.body?.cancel();
  const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
  if (next?.origin !== url.origin) throw new Error('the server redirects to another one, which is not asked');
  if (redirects === 0) throw new Error(`the server redirects more than ${MAX_REDIRECTS} times`);
  return await fetchWithin(next, init, redirects - 1);
}

function limit(byEvent: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      const eventEnd = byEvent ? endOfEvent(chunk) : -1;
      bytes = eventEnd === -1 ? bytes + chunk.length : chunk.length - eventEnd;
      if (bytes > MAX_MESSAGE_BYTES)
        controller.error(new Error(`a message of more than ${MAX_MESSAGE_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
}

/** Where the last event that ends in this piece does; -1 where none does. */
function endOfEvent(chunk: Uint8Array): number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return Math.max(bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\r\n\r\n'));
}
