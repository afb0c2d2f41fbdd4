import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { bareHost, PublicHosts } from '../../agent/tools/web/public-hosts.js';
import { NotificationSettings } from './notification.settings.js';

/** The addresses of endpoints that may be connected to: those of the public internet, unless the settings allow more. */
@Injectable()
export class EndpointHosts {
  constructor(
    private readonly hosts: PublicHosts,
    private readonly settings: NotificationSettings,
  ) {}

  /** @throws as `PublicHosts.addressesOf`; the error of a lookup */
  async addressesOf(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    if (!this.settings.privateAddresses) return await this.hosts.addressesOf(url, signal);
    return (await lookup(bareHost(url), { all: true })).map(({ address }) => address);
  }
}
