import { Injectable } from '@nestjs/common';

/** How far `fetch_url` goes for one page. */
@Injectable()
export class FetchLimits {
  /** Ports that web servers use; no service that speaks something else is knocked at. */
  readonly ports: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
  /** Redirects that are followed. */
  readonly redirects: number = 5;
  /** Bytes of a page, counted after decompression. */
  readonly bytes: number = 2 * 1024 * 1024;
  /** Milliseconds for everything: names, connections, redirects and the page. */
  readonly timeoutMs: number = 15_000;
}
