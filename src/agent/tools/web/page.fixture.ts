import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { SmallInternet } from '../../../../test/support/small-internet.js';
import type { FetchLimits } from './fetch-limits.js';
import { OutsideText } from '../../../channel/outside-text.js';
import type { FetchedPage } from './page-fetcher.js';

export type Page = (response: ServerResponse, request: IncomingMessage) => void;

/** A page that a test fetches. */
export type PlainPage = Readonly<Record<keyof FetchedPage, string>>;

export const plain = ({ url, kind, source }: FetchedPage): PlainPage => ({
  url: OutsideText.unmarked(url),
  kind,
  source: OutsideText.unmarked(source),
});

/** One public page, whose content each test sets, with its requests. */
class PageFixture {
  page: Page;
  internet: SmallInternet;
  readonly requests: IncomingMessage[] = [];
  readonly servernames: unknown[] = [];

  async open(): Promise<void> {
    this.internet = await SmallInternet.start((request, response) => {
      this.requests.push(request);
      if ('servername' in request.socket) this.servernames.push(request.socket.servername);
      this.page(response, request);
    });
  }

  begin(): void {
    this.page = (response) => html(response).end('<p>Hello');
    const { internet, requests, servernames } = this;
    for (const record of [requests, servernames, internet.dialled, internet.dns.asked]) record.length = 0;
  }

  fetch = (
    url = 'http://public.example/',
    limits: Partial<FetchLimits> = {},
    { signal } = new AbortController(),
  ): Promise<PlainPage> => this.internet.fetcher(limits).fetch(url, signal).then(plain);
}

export function html(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/html' });
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end('elsewhere');
}

/** A fixture for all tests of a file, in which only the public page may be reached. */
export function openPageFixture(): PageFixture {
  const fixture = new PageFixture();
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.begin());
  afterEach(() => expect(fixture.internet.canaryHits).toBe(0));
  afterAll(() => fixture.internet.close());
  return fixture;
}
