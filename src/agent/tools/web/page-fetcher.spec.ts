import { describe, expect, it, vi } from 'vitest';
import { TEST_CERTIFICATE } from '../../../../test/support/certificate.js';
import { PUBLIC_ADDRESS } from '../../../../test/support/small-internet.js';
import { html, openPageFixture, plain, type PlainPage, redirect } from './page.fixture.js';

const fixture = openPageFixture();
const { fetch } = fixture;

describe('A public page', () => {
  it('is requested once, by its host and without a trace of the asker', async () => {
    expect(await fetch('http://public.example/a%20b/?q=1#part')).toEqual({
      url: 'http://public.example/a%20b/?q=1#part',
      kind: 'html',
      source: '<p>Hello',
    });
    expect(fixture.requests.map(({ method, url, headers: { host } }) => ({ method, url, host }))).toEqual([
      { method: 'GET', url: '/a%20b/?q=1', host: 'public.example' },
    ]);
    expect(Object.keys(fixture.requests[0]?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('is reached at the checked address, with one DNS query', async () => {
    fixture.internet.dns.tell('rebinding.example', [PUBLIC_ADDRESS], ['127.0.0.1']);
    expect((await fetch('http://rebinding.example/')).source).toBe('<p>Hello');
    expect(fixture.internet.dialled).toEqual([`${PUBLIC_ADDRESS}:80`]);
    expect(fixture.internet.dns.asked.toSorted()).toEqual(['A rebinding.example', 'AAAA rebinding.example']);
    await expect(fetch('http://rebinding.example/')).rejects.toMatchObject({ code: 'FETCH_ADDRESS_REFUSED' });
  });

  it('is checked again when it redirects to itself and its name now points inside', async () => {
    fixture.internet.dns.tell('moving.example', [PUBLIC_ADDRESS], ['127.0.0.1']);
    fixture.page = (response) => redirect(response, '/again');
    await expect(fetch('http://moving.example/')).rejects.toMatchObject({ code: 'FETCH_ADDRESS_REFUSED' });
    expect(fixture.internet.dialled).toEqual([`${PUBLIC_ADDRESS}:80`]);
  });

  it('may have an address instead of a name, and a dot behind its name', async () => {
    expect((await fetch(`http://${PUBLIC_ADDRESS}/`)).source).toBe('<p>Hello');
    expect(fixture.internet.dns.asked).toEqual([]);
    expect((await fetch('http://public.example./')).source).toBe('<p>Hello');
  });

  it('is reached directly, whatever proxy the environment sets', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) {
      vi.stubEnv(name, `http://127.0.0.1:${fixture.internet.canaryPort}`);
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect((await fetch()).source).toBe('<p>Hello');
    vi.unstubAllEnvs();
  });

  it.each([301, 302, 303, 307, 308])('is found behind a redirect with %i', async (status) => {
    fixture.page = (response, { url }) => {
      if (url === '/ü') html(response).end('found');
      else if (url === '/%C3%BC') html(response).end('found');
      else response.writeHead(status, { location: Buffer.from('/ü').toString('latin1') }).end();
    };
    expect(await fetch()).toMatchObject({ url: 'http://public.example/%C3%BC', source: 'found' });
  });

  it('is found behind five redirects but not behind six', async () => {
    fixture.page = (response, { url = '' }) => {
      const left = Number(url.slice(1));
      if (left > 0) redirect(response, `/${left - 1}`);
      else html(response).end('found');
    };
    expect((await fetch('http://public.example/5')).source).toBe('found');
    fixture.requests.length = 0;
    await expect(fetch('http://public.example/6')).rejects.toMatchObject({
      code: 'FETCH_TOO_MANY_REDIRECTS',
    });
    expect(fixture.requests).toHaveLength(6);
  });

  describe('over TLS', () => {
    const trusting = (url: string): Promise<PlainPage> =>
      fixture.internet
        .fetcher({}, fixture.internet.dialer(TEST_CERTIFICATE))
        .fetch(url, new AbortController().signal)
        .then(plain);

    it('is requested by the name of its host, and must have a certificate for it', async () => {
      expect((await trusting('https://public.example/')).source).toBe('<p>Hello');
      expect((await trusting('https://public.example./')).source).toBe('<p>Hello');
      expect((await trusting(`https://${PUBLIC_ADDRESS}/`)).source).toBe('<p>Hello');
      expect(fixture.servernames).toEqual(['public.example', 'public.example', false]);
      fixture.internet.dns.tell('other.example', [PUBLIC_ADDRESS]);
      await expect(trusting('https://other.example/')).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: 'The connection to the host failed (ERR_TLS_CERT_ALTNAME_INVALID).',
      });
    });

    it('must have a certificate that is trusted, whatever the environment says', async () => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      await expect(fetch('https://public.example/')).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
      });
      vi.unstubAllEnvs();
      expect(fixture.requests).toEqual([]);
    });
  });
});
