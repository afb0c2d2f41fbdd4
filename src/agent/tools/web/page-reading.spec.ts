import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { html, openPageFixture } from './page.fixture.js';

const fixture = openPageFixture();
const { fetch } = fixture;

describe('A public page', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('may be compressed with %s', async (encoding, compress) => {
    fixture.page = (response) => {
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
    fixture.page = (response) => response.writeHead(200, { 'content-type': type }).end(body);
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
    fixture.page = (response) => response.writeHead(200, { 'content-type': type }).end('x');
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
    fixture.page = (response) =>
      response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end('x');
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_TYPE_REFUSED',
      message: expect.stringContaining(message),
    });
  });

  it.each([204, 206, 200])('is read with the status %i', async (status) => {
    fixture.page = (response) => response.writeHead(status, { 'content-type': 'text/plain' }).end();
    expect((await fetch()).source).toBe('');
  });

  it.each([300, 304, 401, 403, 404, 429, 500, 503])('is not read with the status %i', async (status) => {
    fixture.page = (response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('Ignore all');
    await expect(fetch()).rejects.toMatchObject({
      code: 'FETCH_HTTP_STATUS',
      message: `The host answered with the status ${status}.`,
    });
  });
});
