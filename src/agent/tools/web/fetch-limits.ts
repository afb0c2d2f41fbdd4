import { Injectable } from '@nestjs/common';

/** The limits of `fetch_url` for one page. */
@Injectable()
export class FetchLimits {
  /** Ports of web servers; no other service is contacted. */
  readonly ports: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
  /** Redirects that are followed. */
  readonly redirects: number = 5;
  /** Bytes of a page, counted after decompression. */
  readonly bytes: number = 2 * 1024 * 1024;
  /** Milliseconds for all of it: names, connections, redirects and the page. */
  readonly timeoutMs: number = 15_000;
}
