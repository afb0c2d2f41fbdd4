import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dialer } from './dialer.js';

describe('A connection', () => {
  const server = createServer((socket) => socket.resume());
  let url: URL;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address: AddressInfo | string | null = server.address();
    url = new URL(`http://localhost:${typeof address === 'object' ? address?.port : ''}/`);
  });
  afterAll(() => server.close());

  it('goes to the next address where one cannot be reached', async () => {
    const socket = new Dialer().connect(url, ['::1', '127.0.0.1']);
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('goes nowhere but to the addresses given', async () => {
    // The name of the URL would lead to the server.
    const socket = new Dialer().connect(url, ['::1']);
    await expect(once(socket, 'connect')).rejects.toThrow();
    socket.destroy();
  });
});
