import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { OutsideText } from '../../../channel/outside-text.js';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { markAsOutside } from '../outside-text.js';
import { decodeText } from './decode-text.js';
import { Dialer } from './dialer.js';
import { FetchLimits } from './fetch-limits.js';
import { connectionFailure, httpGet } from './http-get.js';
import { pageKindOf, type PageKind } from './page-type.js';
import { readPageUrl } from './page-url.js';
import { PublicHosts } from './public-hosts.js';
import { readBody } from './read-body.js';

export interface FetchedPage {
  /** Its URL after all redirects. */
  readonly url: OutsideText;
  readonly kind: PageKind;
  readonly source: OutsideText;
}

/** UTF-16 units of a redirect's address, with its marks. */
const REDIRECT_CHARS = 600;

/**
 * Fetches a page of the public internet and of nothing else. Each hop is checked as the first: its URL, then every
 * address of its host, looked up once; the connection goes to these addresses.
 */
@Injectable()
export class PageFetcher {
  constructor(
    private readonly hosts: PublicHosts,
    private readonly dialer: Dialer,
    private readonly limits: FetchLimits,
  ) {}

  /**
   * @throws GiveUpError with a code that begins with `FETCH_`: docs/tools.md lists them; the reason of `signal`. Its
   * message is in our words; behind a redirect it contains the address, marked, because the page chose it.
   */
  async fetch(address: string, signal: AbortSignal): Promise<FetchedPage> {
    const { timeoutMs, ports } = this.limits;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await this.follow(readPageUrl(address, ports), AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GiveUpError || !deadline.aborted) throw error;
      throw new GiveUpError('FETCH_TIMEOUT', `The page was not there within ${timeoutMs / 1_000} s.`);
    }
  }

  private async follow(first: URL, signal: AbortSignal): Promise<FetchedPage> {
    let url = first;
    for (let redirects = 0; redirects <= this.limits.redirects; redirects++) {
      try {
        const hop = await this.hop(url, signal);
        if ('kind' in hop) return hop;
        url = hop;
      } catch (error) {
        throw redirects === 0 ? error : behindRedirect(url, error);
      }
    }
    throw new GiveUpError(
      'FETCH_TOO_MANY_REDIRECTS',
      `The page redirects more than ${this.limits.redirects} times.`,
    );
  }

  /** @returns the page, or its redirect */
  private async hop(url: URL, signal: AbortSignal): Promise<FetchedPage | URL> {
    const addresses = await this.hosts.addressesOf(url, signal);
    const response = await httpGet(url, this.dialer.connect(url, addresses, signal), signal);
    try {
      const location = redirectOf(response);
      if (location === null) return await this.read(url, response, signal);
      return readPageUrl(location, this.limits.ports, url);
    } finally {
      response.destroy();
    }
  }

  private async read(url: URL, response: IncomingMessage, signal: AbortSignal): Promise<FetchedPage> {
    const { statusCode = 0, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      throw new GiveUpError('FETCH_HTTP_STATUS', `The host answered with the status ${statusCode}.`);
    }
    const contentType = headers['content-type'];
    const kind = pageKindOf(contentType);
    try {
      const bytes = await readBody(response, this.limits.bytes, signal);
      const source = OutsideText.fromUntrusted(decodeText(bytes, contentType));
      return { url: OutsideText.fromUntrusted(url.href), kind, source };
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof GiveUpError ? error : connectionFailure(error);
    }
  }
}

/** The target of a redirect; null if the answer is none. */
function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | null {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  // Header bytes arrive as latin1; servers write UTF-8.
  return Buffer.from(headers.location, 'latin1').toString();
}

/** Appends the redirect's address, which is the page's words. */
function behindRedirect(url: URL, error: unknown): unknown {
  if (!(error instanceof GiveUpError)) return error;
  const where = markAsOutside(
    OutsideText.fromUntrusted(url.href),
    'where the page redirects to',
    REDIRECT_CHARS,
  );
  return new GiveUpError(error.code, `${error.message}\n${where}`, null, { cause: error });
}
