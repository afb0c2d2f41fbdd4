import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundedFetch, MAX_MESSAGE_BYTES } from './bounded-fetch.js';

const PIECE = 'x'.repeat(1024 * 1024);
const PIECES = MAX_MESSAGE_BYTES / PIECE.length;

describe('boundedFetch', () => {
  let http: Server;
  let url: string;

  beforeAll(async () => {
    http = createServer((request, response) => {
      const [path, kind = '', pieces = '', end = ''] = decodeURIComponent(request.url ?? '').split('|');
      response.statusCode = path === '/failing' ? 500 : 200;
      response.setHeader('content-type', kind);
      for (let piece = 0; piece < Number(pieces); piece += 1) response.write(PIECE + end);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => http.close());

  const lengthOf = async (kind: string, pieces: number, end = ''): Promise<number> => {
    const response = await boundedFetch(`${url}/|${encodeURIComponent(`${kind}|${pieces}|${end}`)}`);
    return (await response.text()).length;
  };

  it('passes messages within the limit', async () => {
    expect(await lengthOf('application/json', PIECES)).toBe(MAX_MESSAGE_BYTES);
  });

  it.each(['application/json', 'text/event-stream'])('aborts a longer message: %s', async (kind) => {
    await expect(lengthOf(kind, PIECES + 1)).rejects.toThrow('a message of more than');
  });

  it.each(['\n\n', '\r\n\r\n'])('counts each event of a stream by itself, ended by %j', async (end) => {
    expect(await lengthOf('text/event-stream', 3 * PIECES, end)).toBe(
      3 * PIECES * (PIECE.length + end.length),
    );
  });

  it('aborts a longer error response', async () => {
    const response = await boundedFetch(
      `${url}/failing|${encodeURIComponent(`application/json|${PIECES + 1}|`)}`,
    );
    expect(response.status).toBe(500);
    await expect(response.text()).rejects.toThrow('a message of more than');
  });
});
