import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { isPublicAddress } from './address-rules.js';
import { HostResolver } from './host-resolver.js';

/** Turns the host of a URL into addresses that may be connected to. */
@Injectable()
export class PublicHosts {
  constructor(private readonly resolver: HostResolver) {}

  /**
   * At least one address, all of them public. A single other one refuses the host: a page that is half inside is not
   * public.
   * @throws GiveUpError `FETCH_ADDRESS_REFUSED`, `FETCH_HOST_UNKNOWN`; the reason of `signal`
   */
  async addressesOf(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    const host = bareHost(url);
    const addresses = isIP(host) === 0 ? await this.resolve(host, signal) : [host];
    // The message does not name the address: it would reveal the network inside.
    if (!addresses.every(isPublicAddress)) throw refusal();
    return addresses;
  }

  private async resolve(name: string, signal: AbortSignal): Promise<readonly string[]> {
    // localhost, and names of machines in local networks.
    if (!name.includes('.')) throw refusal();
    const addresses = await this.resolver.addresses(name, signal);
    if (addresses.length > 0) return addresses;
    throw new GiveUpError('FETCH_HOST_UNKNOWN', 'The host has no address.');
  }
}

/** The host without the brackets of IPv6 and without trailing dots. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/(?<!\.)\.+$/, '');
}

function refusal(): GiveUpError {
  return new GiveUpError(
    'FETCH_ADDRESS_REFUSED',
    'The host is not on the public internet, and nothing else can be fetched.',
  );
}
