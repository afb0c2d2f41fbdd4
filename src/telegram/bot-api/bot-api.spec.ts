import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { BotApi } from './bot-api.js';

const token = '123456:TEST-token_of_the_double';
const never = new AbortController().signal;
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

function apiAt(apiRoot: string): BotApi {
  return new BotApi(Object.assign(new TelegramSettings(), { botToken: token, apiRoot }));
}

/** A server that handles each connection as the test says. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<{ root: string; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => (sockets.forEach((socket) => socket.destroy()), server.close()) });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { root: `http://127.0.0.1:${address.port}`, server };
}

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

const send = (api: BotApi, timeoutMs?: number, signal = never) =>
  api.call((raw) => raw.sendMessage({ chat_id: 1, text: 'hi' }), signal, timeoutMs);

describe('BotApi, answered', () => {
  it('returns the result', async () => {
    const telegram = await TelegramDouble.start();
    open.push(telegram);
    const me = await apiAt(telegram.root).call((raw) => raw.getMe(), never);
    expect(me).toMatchObject({ ok: true, value: { username: telegram.bot.username } });
  });

  it('returns the refusal with the requested pause, and tries once', async () => {
    const telegram = await TelegramDouble.start();
    open.push(telegram);
    telegram.failNext({ method: 'sendMessage', with: failures.limited(3) });
    expect(await send(apiAt(`${telegram.root}/`))).toEqual({
      ok: false,
      failure: {
        kind: 'answered',
        status: 429,
        description: 'Too Many Requests: retry after 3',
        retryAfterMs: 3_000,
        movedTo: null,
      },
    });
    expect(telegram.callsOf('sendMessage')).toHaveLength(1);
  });

  it('follows the Bot API’s JSON, whatever the HTTP status', async () => {
    const said = JSON.stringify({ ok: false, error_code: 500, description: 'Internal Server Error' });
    const { root } = await rawServer((socket) => socket.on('data', () => socket.end(answer('200 OK', said))));
    expect(await send(apiAt(root))).toMatchObject({ failure: { kind: 'answered', status: 500 } });
  });
});

describe('BotApi, answered by another server', () => {
  const statuses = [
    '200 OK',
    '302 Found',
    '400 Bad Request',
    '401 Unauthorized',
    '403 Forbidden',
    '404 Not Found',
    '413 Request Entity Too Large',
    '429 Too Many Requests',
    '500 Internal Server Error',
    '502 Bad Gateway',
    '503 Service Unavailable',
    '504 Gateway Time-out',
  ];
  const bodies = [
    '<h1>no</h1>',
    '{}',
    '{"ok":true}',
    '{"ok":false}',
    '{"ok":false,"error_code":502}',
    'null',
    '',
  ];

  it.each(statuses)('reports a %s without the Bot API’s JSON as unknown, and names it', async (line) => {
    for (const body of bodies) {
      const { root } = await rawServer((socket) => socket.on('data', () => socket.end(answer(line, body))));
      const api = apiAt(root);
      expect(await send(api)).toEqual({
        ok: false,
        failure: {
          kind: 'no-answer',
          description: `HTTP ${line}, and no answer of the Bot API`,
          retryAfterMs: null,
        },
      });
      expect(api.tokenRefused).toBe(false);
    }
  });

  it.each([
    ['7', 7_000],
    ['999999', 3_600_000],
    ['soon', null],
    ['-1', null],
  ])('respects a gateway’s Retry-After: %s', async (header, retryAfterMs) => {
    const page = answer('503 Service Unavailable', 'no').replace('\r\n', `\r\nretry-after: ${header}\r\n`);
    const { root } = await rawServer((socket) => socket.on('data', () => socket.end(page)));
    expect(await send(apiAt(root))).toMatchObject({ failure: { kind: 'no-answer', retryAfterMs } });
  });
});

describe('BotApi, unanswered', () => {
  it('reports that nothing was sent when no server listens', async () => {
    const { root, server } = await rawServer(() => {});
    server.close();
    await once(server, 'close');
    const result = await send(apiAt(root));
    expect(result).toMatchObject({
      failure: { kind: 'not-sent', description: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('reports an unknown outcome when a server answers TLS with something else: a proxy may do so behind the call', async () => {
    const { root } = await rawServer((socket) =>
      socket.on('data', () => socket.end(answer('400 Bad Request', ''))),
    );
    const result = await send(apiAt(root.replace('http:', 'https:')));
    expect(result).toMatchObject({ failure: { kind: 'no-answer' } });
  });

  it('reports that nothing was sent when the connection ends before TLS is up', async () => {
    const { root } = await rawServer((socket) => socket.once('data', () => socket.end()));
    const result = await send(apiAt(root.replace('http:', 'https:')));
    expect(result).toMatchObject({ failure: { kind: 'not-sent' } });
  });

  it.each([
    [
      'reset at the first byte of the request',
      (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
    ],
    ['closed without an answer', (socket: Socket) => socket.once('data', () => socket.end())],
    [
      'reset in the middle of the answer',
      (socket: Socket) =>
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"ok":true', () =>
            socket.resetAndDestroy(),
          );
        }),
    ],
  ])(
    'reports an unknown outcome for a call whose connection was %s, and does not repeat it',
    async (_, onConnection) => {
      let connections = 0;
      const { root } = await rawServer((socket) => {
        connections++;
        onConnection(socket);
      });
      expect(await send(apiAt(root))).toMatchObject({ failure: { kind: 'no-answer' } });
      expect(connections).toBe(1);
    },
  );

  it('reports an unknown outcome for a call without an answer in time', async () => {
    const { root } = await rawServer(() => {});
    const result = await send(apiAt(root), 50);
    expect(result).toMatchObject({ failure: { kind: 'no-answer', description: 'no answer within 50 ms' } });
  });

  it('throws only when it is aborted', async () => {
    const { root } = await rawServer(() => {});
    const stop = new AbortController();
    const result = send(apiAt(root), undefined, stop.signal);
    stop.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await expect(send(apiAt(root), undefined, stop.signal)).rejects.toThrow('enough');
  });

  it('reports a missing token', async () => {
    const result = await new BotApi(new TelegramSettings()).call((raw) => raw.getMe(), never);
    expect(result).toMatchObject({
      failure: { kind: 'not-sent', description: 'TELEGRAM_BOT_TOKEN is not set' },
    });
  });

  it('never reveals the token', async () => {
    const echoed = JSON.stringify({
      ok: false,
      error_code: 400,
      description: `${token} ${encodeURIComponent(token)}`,
    });
    const { root } = await rawServer((socket) =>
      socket.on('data', () => socket.end(answer('400 Bad Request', echoed))),
    );
    const revealed = [
      await send(apiAt(root)),
      await send(apiAt('http://[::bad')),
      await send(apiAt('ftp://127.0.0.1')),
    ];
    expect(JSON.stringify(revealed)).not.toContain('TEST-token');
    expect(revealed[0]).toMatchObject({ failure: { description: '<token> <token>' } });
  });
});
