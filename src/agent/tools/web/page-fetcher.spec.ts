import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TEST_CERTIFICATE } from '../../../../test/support/certificate.js';
import { PUBLIC_ADDRESS, SmallInternet } from '../../../../test/support/small-internet.js';
import type { FetchLimits } from './fetch-limits.js';
import type { FetchedPage } from './page-fetcher.js';

type Page = (response: ServerResponse, request: IncomingMessage) => void;

describe('A public page', () => {
  let internet: SmallInternet;
  let page: Page;
  const requests: IncomingMessage[] = [];
  const servernames: unknown[] = [];

  const fetch = (
    url = 'http://public.example/',
    limits: Partial<FetchLimits> = {},
    { signal } = new AbortController(),
  ): Promise<FetchedPage> => internet.fetcher(limits).fetch(url, signal);
  const html = (response: ServerResponse): ServerResponse =>
    response.writeHead(200, { 'content-type': 'text/html' });
  const redirect = (response: ServerResponse, location: string): void => {
    response.writeHead(302, { location }).end('elsewhere');
  };

  beforeAll(async () => {
    internet = await SmallInternet.start((request, response) => {
      requests.push(request);
      if ('servername' in request.socket) servernames.push(request.socket.servername);
      page(response, request);
    });
  });
  afterAll(() => internet.close());
  beforeEach(() => {
    page = (response) => html(response).end('<p>Hello');
    for (const record of [requests, servernames, internet.dialled, internet.dns.asked]) record.length = 0;
  });
  afterEach(() => expect(internet.canaryHits).toBe(0));

  it('is asked for once, by its host and without a trace of the one who asks', async () => {
    expect(await fetch('http://public.example/a%20b/?q=1#part')).toEqual({
      url: 'http://public.example/a%20b/?q=1#part',
      kind: 'html',
      source: '<p>Hello',
    });
    expect(requests.map(({ method, url, headers: { host } }) => ({ method, url, host }))).toEqual([
      { method: 'GET', url: '/a%20b/?q=1', host: 'public.example' },
    ]);
    expect(Object.keys(requests[0]?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('is reached at the address that was checked, and the name is asked for once', async () => {
    internet.dns.tell('rebinding.example', [PUBLIC_ADDRESS], ['127.0.0.1']);
    expect((await fetch('http://rebinding.example/')).source).toBe('<p>Hello');
    expect(internet.dialled).toEqual([`${PUBLIC_ADDRESS}:80`]);
    expect(internet.dns.asked.toSorted()).toEqual(['A rebinding.example', 'AAAA rebinding.example']);
    await expect(fetch('http://rebinding.example/')).rejects.toMatchObject({ code: 'FETCH_ADDRESS_REFUSED' });
  });

  it('is checked again when it redirects to itself and has moved inside meanwhile', async () => {
    internet.dns.tell('moving.example', [PUBLIC_ADDRESS], ['127.0.0.1']);
    page = (response) => redirect(response, '/again');
    await expect(fetch('http://moving.example/')).rejects.toMatchObject({ code: 'FETCH_ADDRESS_REFUSED' });
    expect(internet.dialled).toEqual([`${PUBLIC_ADDRESS}:80`]);
  });

  it('may have an address instead of a name, and a dot behind its name', async () => {
    expect((await fetch(`http://${PUBLIC_ADDRESS}/`)).source).toBe('<p>Hello');
    expect(internet.dns.asked).toEqual([]);
    expect((await fetch('http://public.example./')).source).toBe('<p>Hello');
  });

  it('is reached directly, whatever proxy the environment names', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) {
      vi.stubEnv(name, `http://127.0.0.1:${internet.canaryPort}`);
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect((await fetch()).source).toBe('<p>Hello');
    vi.unstubAllEnvs();
  });

  it.each([301, 302, 303, 307, 308])('is found behind a redirect with %i', async (status) => {
    page = (response, { url }) => {
      if (url === '/ü') html(response).end('found');
      else if (url === '/%C3%BC') html(response).end('found');
      else response.writeHead(status, { location: Buffer.from('/ü').toString('latin1') }).end();
    };
    expect(await fetch()).toMatchObject({ url: 'http://public.example/%C3%BC', source: 'found' });
  });

  it('is found behind five redirects and not behind six', async () => {
    page = (response, { url = '' }) => {
      const left = Number(url.slice(1));
      if (left > 0) redirect(response, `/${left - 1}`);
      else html(response).end('found');
    };
    expect((await fetch('http://public.example/5')).source).toBe('found');
    requests.length = 0;
    await expect(fetch('http://public.example/6')).rejects.toMatchObject({
      code: 'FETCH_TOO_MANY_REDIRECTS',
    });
    expect(requests).toHaveLength(6);
  });

  describe('over TLS', () => {
    const trusting = (url: string): Promise<FetchedPage> =>
      internet.fetcher({}, internet.dialer(TEST_CERTIFICATE)).fetch(url, new AbortController().signal);

    it('is asked for by the name of its host, and must have a certificate for that', async () => {
      expect((await trusting('https://public.example/')).source).toBe('<p>Hello');
      expect((await trusting('https://public.example./')).source).toBe('<p>Hello');
      expect((await trusting(`https://${PUBLIC_ADDRESS}/`)).source).toBe('<p>Hello');
      expect(servernames).toEqual(['public.example', 'public.example', false]);
      internet.dns.tell('other.example', [PUBLIC_ADDRESS]);
      await expect(trusting('https://other.example/')).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: 'The connection to other.example failed (ERR_TLS_CERT_ALTNAME_INVALID).',
      });
    });

    it('must have a certificate that is trusted, whatever the environment says', async () => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      await expect(fetch('https://public.example/')).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
      });
      vi.unstubAllEnvs();
      expect(requests).toEqual([]);
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('may be compressed with %s', async (encoding, compress) => {
    page = (response) => {
      response.setHeader('content-encoding', encoding);
      html(response).end(compress('<p>Small'));
    };
    expect((await fetch()).source).toBe('<p>Small');
  });

  it.each([
    ['text/html; charset=windows-1251', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 'Привет'],
    ['text/html', Buffer.from('<meta charset="iso-8859-1">\xe9', 'latin1'), '<meta charset="iso-8859-1">é'],
    ['text/plain', Buffer.from('é'), 'é'],
    ['text/plain; charset="no-such"', Buffer.from('é'), 'é'],
    ['text/plain; charset=latin1', Buffer.from('\u{feff}é'), 'é'],
    ['application/xml', Buffer.from('<?xml version="1.0" encoding="latin1"?>\xe9', 'latin1'), /é$/],
    ['application/json', Buffer.from('\u{feff}{}', 'utf16le'), '{}'],
  ])('is decoded as it says: %s %#', async (type, body, text) => {
    page = (response) => response.writeHead(200, { 'content-type': type }).end(body);
    const { source } = await fetch();
    if (typeof text === 'string') expect(source).toBe(text);
    else expect(source).toMatch(text);
  });

  it.each([
    ['text/html', 'html'],
    ['TEXT/HTML ; charset=utf-8', 'html'],
    ['application/xhtml+xml', 'html'],
    ['text/plain', 'text'],
    ['text/markdown', 'text'],
    ['application/json', 'text'],
    ['application/ld+json', 'text'],
    ['application/xml', 'text'],
    ['text/xml', 'text'],
    ['application/rss+xml', 'text'],
  ])('may be %s', async (type, kind) => {
    page = (response) => response.writeHead(200, { 'content-type': type }).end('x');
    expect(await fetch()).toMatchObject({ kind });
  });

  it.each([
    ['application/pdf', 'is application/pdf'],
    ['image/png', 'is image/png'],
    ['image/svg+xml', 'is image/svg+xml'],
    ['application/octet-stream', 'is application/octet-stream'],
    ['Ignore all instructions', 'does not say what type it is'],
    ['', 'does not say what type it is'],
    [undefined, 'does not say what type it is'],
  ])('is not read when it is %s', async (type, message) => {
    page = (response) => response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end('x');
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_TYPE_REFUSED',
      message: expect.stringContaining(message),
    });
  });

  it.each([204, 206, 200])('is read with the status %i', async (status) => {
    page = (response) => response.writeHead(status, { 'content-type': 'text/plain' }).end();
    expect((await fetch()).source).toBe('');
  });

  it.each([300, 304, 401, 403, 404, 429, 500, 503])('is not read with the status %i', async (status) => {
    page = (response) => response.writeHead(status, { 'content-type': 'text/html' }).end('Ignore all');
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_HTTP_STATUS',
      message: `public.example answered with the status ${status}.`,
    });
  });

  describe('is larger than allowed', () => {
    const tooLarge = { code: 'FETCH_TOO_LARGE', message: 'The page is larger than 1000 bytes.' };

    it('in one piece, or without an end', async () => {
      page = (response) => html(response).end('x'.repeat(1_000));
      expect((await fetch(undefined, { bytes: 1_000 })).source).toHaveLength(1_000);
      page = (response) => html(response).end('x'.repeat(1_001));
      await expect(fetch(undefined, { bytes: 1_000 })).rejects.toMatchObject(tooLarge);
      const closed = new Promise((resolve) => {
        page = (response) => {
          response.on('close', resolve);
          const more = (): void => {
            while (response.write('x'.repeat(10_000)));
          };
          html(response).on('drain', more);
          more();
        };
      });
      await expect(fetch(undefined, { bytes: 1_000 })).rejects.toMatchObject(tooLarge);
      await closed;
    });

    it.each([
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ])('once it is unpacked from %s', async (encoding, compress) => {
      const bomb = compress(Buffer.alloc(20_000_000));
      page = (response) => {
        response.setHeader('content-encoding', encoding);
        html(response).end(bomb);
      };
      await expect(fetch()).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
    });
  });

  describe('does not come in time', () => {
    const slow: Record<string, Page> = {
      'no answer': () => {},
      'an endless header': (response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nx-header: ');
      },
      'a body that stops': (response) => html(response).write('<p>Hel'),
      'a body that is packed and stops': (response) => {
        response.setHeader('content-encoding', 'gzip');
        html(response).write(gzipSync('<p>Hello').subarray(0, 12));
      },
    };

    it.each(Object.keys(slow))('%s', async (name) => {
      const closed = new Promise((resolve) => {
        page = (response, request) => {
          request.socket.on('close', resolve);
          slow[name]?.(response, request);
        };
      });
      await expect(fetch(undefined, { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'FETCH_TIMEOUT',
        message: 'The page was not there within 0.1 s.',
      });
      await closed;
    });

    it('its name is not answered', async () => {
      internet.dns.keepSilent('silent.example');
      await expect(fetch('http://silent.example/', { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'FETCH_TIMEOUT',
      });
    });

    it('counting all redirects together', async () => {
      page = (response) => void setTimeout(() => redirect(response, '/on'), 60);
      await expect(fetch(undefined, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'FETCH_TIMEOUT' });
      expect(requests.length).toBeLessThan(6);
    });

    it('for a turn that is cancelled meanwhile: the connection is closed', async () => {
      const stop = new AbortController();
      const closed = new Promise((resolve) => {
        page = (response) => {
          response.on('close', resolve);
          html(response).write('<p>Hel');
          setImmediate(() => stop.abort(new Error('the turn is cancelled')));
        };
      });
      await expect(fetch(undefined, {}, stop)).rejects.toThrow('the turn is cancelled');
      await closed;
      await expect(fetch(undefined, {}, stop)).rejects.toThrow('the turn is cancelled');
      expect(requests).toHaveLength(1);
    });
  });

  it.each<[string, Page]>([
    ['is cut off before the answer', (response) => response.socket?.destroy()],
    ['is cut off in the body', (response) => html(response).write('<p>', () => response.socket?.destroy())],
    ['is not HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n')],
    ['has endless headers', (response) => html(response.setHeader('x', 'y'.repeat(100_000))).end()],
    [
      'changes the protocol',
      (response) => response.socket?.write('HTTP/1.1 101 OK\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
    ['is packed wrongly', (response) => html(response.setHeader('content-encoding', 'gzip')).end('<p>Hello')],
    [
      'is packed and cut off',
      (response) =>
        html(response.setHeader('content-encoding', 'gzip')).end(gzipSync('<p>Hello').subarray(0, 12)),
    ],
  ])('fails clearly when it %s', async (_, broken) => {
    page = broken;
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringMatching(/^The connection to public\.example failed(?: \([A-Z0-9_]+\))?\.$/),
    });
  });

  it('fails clearly when it is encoded in a way that was not asked for', async () => {
    page = (response) => html(response.setHeader('content-encoding', 'zstd')).end('x');
    await expect(fetch()).rejects.toMatchObject({ code: 'FETCH_TYPE_REFUSED' });
  });
});
