import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { html, openPageFixture, type Page, redirect } from './page.fixture.js';

const fixture = openPageFixture();
const { fetch } = fixture;

describe('A public page that', () => {
  describe('is larger than allowed', () => {
    const tooLarge = { code: 'FETCH_TOO_LARGE', message: 'The page is larger than 1000 bytes.' };

    it('in one piece, or without an end', async () => {
      fixture.page = (response) => html(response).end('x'.repeat(1_000));
      expect((await fetch(undefined, { bytes: 1_000 })).source).toHaveLength(1_000);
      fixture.page = (response) => html(response).end('x'.repeat(1_001));
      await expect(fetch(undefined, { bytes: 1_000 })).rejects.toMatchObject(tooLarge);
      const closed = new Promise((resolve) => {
        fixture.page = (response) => {
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
      fixture.page = (response) => {
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
      fixture.page = (response, request) => slow[name]?.(response, request);
      await expect(fetch(undefined, { timeoutMs: 300 })).rejects.toMatchObject({
        code: 'FETCH_TIMEOUT',
        message: 'The page was not there within 0.3 s.',
      });
      await eventually(async () => expect(await fixture.internet.openConnections()).toBe(0));
    });

    it('its name is not answered', async () => {
      fixture.internet.dns.keepSilent('silent.example');
      await expect(fetch('http://silent.example/', { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'FETCH_TIMEOUT',
      });
    });

    it('counting all redirects together', async () => {
      fixture.page = (response) => void setTimeout(() => redirect(response, '/on'), 60);
      await expect(fetch(undefined, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'FETCH_TIMEOUT' });
      expect(fixture.requests.length).toBeLessThan(6);
    });

    it('for a cancelled turn: the connection is closed', async () => {
      const stop = new AbortController();
      const closed = new Promise((resolve) => {
        fixture.page = (response) => {
          response.on('close', resolve);
          html(response).write('<p>Hel');
          setImmediate(() => stop.abort(new Error('the turn is cancelled')));
        };
      });
      await expect(fetch(undefined, {}, stop)).rejects.toThrow('the turn is cancelled');
      await closed;
      await expect(fetch(undefined, {}, stop)).rejects.toThrow('the turn is cancelled');
      expect(fixture.requests).toHaveLength(1);
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
    fixture.page = broken;
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringMatching(/^The connection to the host failed(?: \([A-Z0-9_]+\))?\.$/),
    });
  });

  it('fails clearly when it is encoded in a way that was not asked for', async () => {
    fixture.page = (response) => html(response.setHeader('content-encoding', 'zstd')).end('x');
    await expect(fetch()).rejects.toMatchObject({ code: 'FETCH_TYPE_REFUSED' });
  });
});
