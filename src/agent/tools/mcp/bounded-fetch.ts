import type { FetchLike } from '@modelcontextprotocol/client';

/** The limit of one message of a server, in bytes, over any transport. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** `fetch` that aborts a response with too long a message; each event of an event stream counts by itself. */
export const boundedFetch: FetchLike = async (url, init) => {
  const response = await fetch(url, init);
  if (!response.body) return response;
  const { status, statusText, headers } = response;
  const byEvent = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  return new Response(response.body.pipeThrough(limit(byEvent)), { status, statusText, headers });
};

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

/** The end of the last complete event in this piece; -1 if there is none. */
function endOfEvent(chunk: Uint8Array): number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return Math.max(bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\r\n\r\n'));
}
