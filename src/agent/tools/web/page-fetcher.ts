import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { GiveUpError } from '../../../errors/errors.js';
import { decodeText } from './decode-text.js';
import { Dialer } from './dialer.js';
import { FetchLimits } from './fetch-limits.js';
import { connectionFailure, httpGet } from './http-get.js';
import { kindOf, type PageKind } from './page-type.js';
import { readPageUrl } from './page-url.js';
import { PublicHosts } from './public-hosts.js';
import { readBody } from './read-body.js';

export interface FetchedPage {
  /** Where it was found, after all redirects. */
  readonly url: string;
  readonly kind: PageKind;
  readonly source: string;
}

/**
 * Gets a page of the public internet and nothing else. Each hop is checked as the first was: its URL, then every address
 * of its host, asked once; the connection goes to these addresses.
 */
@Injectable()
export class PageFetcher {
  constructor(
    private readonly hosts: PublicHosts,
    private readonly dialer: Dialer,
    private readonly limits: FetchLimits,
  ) {}

  /**
   * @throws GiveUpError with a code that begins with `FETCH_`: docs/tools.md lists them; the reason of `signal`
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
      const addresses = await this.hosts.addressesOf(url, signal);
      const response = await httpGet(url, this.dialer.connect(url, addresses, signal), signal);
      try {
        const location = redirectOf(response);
        if (location === null) return await this.read(url, response, signal);
        url = readPageUrl(location, this.limits.ports, url);
      } finally {
        response.destroy();
      }
    }
    throw new GiveUpError(
      'FETCH_TOO_MANY_REDIRECTS',
      `The page redirects more than ${this.limits.redirects} times.`,
    );
  }

  private async read(url: URL, response: IncomingMessage, signal: AbortSignal): Promise<FetchedPage> {
    const { statusCode = 0, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      throw new GiveUpError('FETCH_HTTP_STATUS', `${url.host} answered with the status ${statusCode}.`);
    }
    const contentType = headers['content-type'];
    const kind = kindOf(contentType);
    try {
      const bytes = await readBody(response, this.limits.bytes, signal);
      return { url: url.href, kind, source: decodeText(bytes, contentType) };
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof GiveUpError ? error : connectionFailure(url, error);
    }
  }
}

/** Where an answer sends on to; null where it does not. */
function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | null {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  // Header bytes arrive as latin1; servers write UTF-8.
  return Buffer.from(headers.location, 'latin1').toString();
}
