import { Module } from '@nestjs/common';
import { Dialer } from './dialer.js';
import { FetchLimits } from './fetch-limits.js';
import { HostResolver } from './host-resolver.js';
import { PageFetcher } from './page-fetcher.js';
import { PublicHosts } from './public-hosts.js';

/** Fetches pages of the public internet, and of nothing else. No setting opens more. */
@Module({
  providers: [HostResolver, PublicHosts, Dialer, FetchLimits, PageFetcher],
  exports: [PageFetcher, PublicHosts, Dialer],
})
export class WebModule {}
