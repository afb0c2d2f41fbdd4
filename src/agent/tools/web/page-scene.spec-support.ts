import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { SmallInternet } from '../../../../test/support/small-internet.js';
import type { FetchLimits } from './fetch-limits.js';
import { OutsideText } from '../../../channel/outside-text.js';
import type { FetchedPage } from './page-fetcher.js';

export type Page = (response: ServerResponse, request: IncomingMessage) => void;

/** A page that a test looks at. */
export type PlainPage = Readonly<Record<keyof FetchedPage, string>>;

export const plain = ({ url, kind, source }: FetchedPage): PlainPage => ({
  url: OutsideText.unmarked(url),
  kind,
  source: OutsideText.unmarked(source),
});

/** One public page, which each test makes what it needs, and who asked for it. */
class PageScene {
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

/** A scene for all tests of a file, in none of which anything but the public page may be reached. */
export function openPageScene(): PageScene {
  const scene = new PageScene();
  beforeAll(() => scene.open());
  beforeEach(() => scene.begin());
  afterEach(() => expect(scene.internet.canaryHits).toBe(0));
  afterAll(() => scene.internet.close());
  return scene;
}
