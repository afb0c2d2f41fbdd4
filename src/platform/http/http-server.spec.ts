import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { createHttpServer, fixedHttpLimits, type HttpLimits, listenFailure } from './http-server.js';

const unbounded = { most: Infinity, admit: () => true };
const generous: HttpLimits = {
  ...fixedHttpLimits,
  checkEveryMs: 20,
  maxConnections: 100,
  perAddress: unbounded,
};

let server: Server | null = null;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  if (server?.listening) await new Promise((resolve) => server?.close(resolve));
  server = null;
});

async function start(limits: Partial<HttpLimits>): Promise<void> {
  server = createHttpServer((request, response) => request.on('end', () => response.end('whole')).resume(), {
    ...generous,
    ...limits,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** A connection that records the received bytes. */
async function open(): Promise<{ socket: Socket; read: () => string }> {
  const address = server?.address();
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen');
  const socket = connect(address.port, '127.0.0.1').setEncoding('utf8');
  sockets.push(socket);
  let read = '';
  socket.on('data', (text) => (read += text));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, read: () => read };
}

const closed = (socket: Socket): Promise<void> =>
  eventually(() => expect(socket.closed).toBe(true), { withinMs: 10_000 });

describe('The HTTP server', () => {
  it.each([
    ['a body that drips', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n', 'x'],
    [
      'a body of unknown length that drips',
      'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
      '1\r\nx\r\n',
    ],
    ['headers that drip', 'GET / HTTP/1.1\r\nhost: x\r\n', 'x: y\r\n'],
    ['a connection on which nothing comes', '', ''],
  ])('aborts %s', async (_what, head, drop) => {
    await start({ requestTimeoutMs: 200 });
    const { socket, read } = await open();
    socket.write(head);
    const drip = setInterval(() => socket.writable && socket.write(drop), 10);
    await closed(socket).finally(() => clearInterval(drip));
    expect(read()).toMatch(head === '' ? /^$|^HTTP\/1.1 408/ : /^HTTP\/1.1 408/);
  });

  it('aborts a slow second request too', async () => {
    await start({ requestTimeoutMs: 200 });
    const { socket, read } = await open();
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx');
    await once(socket, 'data');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nx');
    await closed(socket);
    expect(read()).toMatch(/whole[\s\S]*408/);
  });

  it('closes an idle connection, whatever it waits for', async () => {
    server = createHttpServer(() => undefined, { ...generous, silenceTimeoutMs: 100 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { socket } = await open();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await closed(socket);
  });

  it('closes a connection whose reader takes nothing of an answer that does not end', async () => {
    const chunk = Buffer.alloc(64 * 1_024);
    let answered = false;
    server = createHttpServer(
      (_, response) => {
        const endless = Readable.from(
          (function* () {
            for (;;) yield chunk;
          })(),
        );
        pipeline(endless, response, () => (answered = true));
      },
      { ...generous, silenceTimeoutMs: 200 },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { socket } = await open();
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => expect(answered).toBe(true), { withinMs: 10_000 });
  });

  it('answers while 400 connections are open on which nothing comes, and closes these in time', async () => {
    await start({ requestTimeoutMs: 500, maxConnections: 500 });
    const idle = await Promise.all(Array.from({ length: 400 }, open));
    const { socket, read } = await open();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await closed(socket);
    expect(read()).toContain('whole');
    for (const one of idle) await closed(one.socket);
  });

  it('closes at once the connections of an address that has too many, and answers the others', async () => {
    const admitted = new Set<unknown>();
    await start({
      perAddress: { most: 1, admit: (socket) => admitted.size < 1 && admitted.add(socket) !== undefined },
    });
    const { socket, read } = await open();
    await closed((await open()).socket);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await closed(socket);
    expect(read()).toContain('whole');
  });

  it('limits the number of connections, and one that ends makes room', async () => {
    await start({ maxConnections: 2 });
    const first = await open();
    await open();
    await closed((await open()).socket);
    first.socket.destroy();
    await closed(first.socket);
    await eventually(async () => {
      const { socket, read } = await open();
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      await closed(socket);
      expect(read()).toContain('whole');
    });
  });
});

const at = { host: '127.0.0.1', port: 3000 };

describe('A failure to listen', () => {
  it.each(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'])(
    'by %s is one line with the settings',
    (code) => {
      const failure = listenFailure(Object.assign(new Error('listen'), { code }), at);
      expect(failure).toMatchObject({ code: 'ADDRESS_NOT_AVAILABLE', hint: null });
      expect(String(failure)).toMatch(/^[^\n]*HOST=127\.0\.0\.1 PORT=3000[^\n]*$/);
    },
  );

  it('of another kind stays what it is', () => {
    const error = new Error('anything');
    expect(listenFailure(error, at)).toBe(error);
  });
});
