import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dialer } from './dialer.js';
import { httpGet } from './http-get.js';

describe('A connection', () => {
  const server = createServer((socket) => socket.resume());
  const { signal } = new AbortController();
  let url: URL;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address: AddressInfo | string | null = server.address();
    url = new URL(`http://localhost:${typeof address === 'object' ? address?.port : ''}/`);
  });
  afterAll(() => server.close());

  it('goes to the next address when one cannot be reached', async () => {
    const socket = await new Dialer().connect(url, ['::1', '127.0.0.1'], signal);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('goes to the given addresses only', async () => {
    // The name of the URL would lead to the server.
    await expect(new Dialer().connect(url, ['::1'], signal)).rejects.toThrow();
  });

  it('fails only the request that is made over it when it breaks without a listener', async () => {
    const socket = await new Dialer().connect(url, ['127.0.0.1'], signal);
    const broken = once(socket, 'close');
    // As from the network: only the dialer's own listener receives it.
    socket.destroy(new Error('reset'));
    await broken.catch(() => undefined);
    await expect(httpGet(url, Promise.resolve(socket), signal)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
  });

  it.each([
    ['before the request listens', (socket: Socket) => void socket.destroy(new Error('reset'))],
    ['as soon as it does', (socket: Socket) => setImmediate(() => socket.destroy(new Error('reset')))],
  ])('does so when it breaks %s', async (_, breaks) => {
    const socket = await new Dialer().connect(url, ['127.0.0.1'], signal);
    breaks(socket);
    await expect(httpGet(url, Promise.resolve(socket), signal)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
  });

  it('is not awaited once the caller has given up', async () => {
    const stop = new AbortController();
    const connecting = new Dialer().connect(url, ['127.0.0.1'], stop.signal);
    stop.abort();
    await expect(connecting).rejects.toThrow('aborted');
  });
});
