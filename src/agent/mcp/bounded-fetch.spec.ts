import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundedFetch, MAX_MESSAGE_BYTES } from './bounded-fetch.js';

const PIECE = 'x'.repeat(1024 * 1024);
const PIECES = MAX_MESSAGE_BYTES / PIECE.length;

describe('boundedFetch', () => {
  let http: Server;
  let url: string;
  const asked: string[] = [];

  beforeAll(async () => {
    http = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const to = new URLSearchParams(request.url?.split('?')[1]).get('to');
      if (to !== null) {
        response.writeHead(307, { location: to }).end();
        return;
      }
      const [, kind = '', pieces = '', end = ''] = decodeURIComponent(request.url ?? '').split('|');
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

  it('lets through what is not too long', async () => {
    expect(await lengthOf('application/json', PIECES)).toBe(MAX_MESSAGE_BYTES);
  });

  it.each(['application/json', 'text/event-stream'])('breaks off a longer message: %s', async (kind) => {
    await expect(lengthOf(kind, PIECES + 1)).rejects.toThrow('a message of more than');
  });

  it.each(['\n\n', '\r\n\r\n'])('counts each event of a stream by itself, ended by %j', async (end) => {
    expect(await lengthOf('text/event-stream', 3 * PIECES, end)).toBe(
      3 * PIECES * (PIECE.length + end.length),
    );
  });

  it('follows a redirect within the server, with what was sent', async () => {
    asked.length = 0;
    const to = encodeURIComponent('/|application/json|1|');
    const response = await boundedFetch(`${url}/?to=${to}`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(200);
    expect(asked).toEqual([`POST /?to=${to}`, 'POST /|application/json|1|']);
  });

  it.each([
    ['another port of this machine', 'http://127.0.0.1:9/'],
    ['the same machine by another name', 'http://localhost/'],
    ['an address of a cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['nothing that is an address', 'http://'],
  ])('is not sent on to %s', async (_to, address) => {
    const sent = boundedFetch(`${url}/?to=${encodeURIComponent(address)}`, { method: 'POST', body: '{}' });
    await expect(sent).rejects.toThrow('redirects to another one, which is not asked');
  });

  it('is not sent round and round', async () => {
    const round = `/?to=${encodeURIComponent('/?to=')}`;
    await expect(boundedFetch(`${url}${round}`)).rejects.toThrow('redirects more than 3 times');
  });

  it.each([301, 302, 303])('takes another kind of redirect for an answer: %i', async (status) => {
    const other = createServer((_request, response) =>
      response.writeHead(status, { location: `${url}/elsewhere` }).end(),
    ).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    asked.length = 0;
    const response = await boundedFetch(
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    );
    other.close();
    expect([response.status, asked]).toEqual([status, []]);
  });
});
