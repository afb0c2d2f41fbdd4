import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, TcpNetConnectOpts } from 'node:net';
import { promisify } from 'node:util';
import { Dialer } from '../../src/agent/tools/web/dialer.js';
import { FetchLimits } from '../../src/agent/tools/web/fetch-limits.js';
import { HostResolver } from '../../src/agent/tools/web/host-resolver.js';
import { PageFetcher } from '../../src/agent/tools/web/page-fetcher.js';
import { PublicHosts } from '../../src/agent/tools/web/public-hosts.js';
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.js';
import { DnsDouble } from './dns-double.js';

/** The address of `public.example`, the only one that leads to the pages. */
export const PUBLIC_ADDRESS = '8.8.8.8';

/**
 * A DNS, one public web server, and a canary, all on loopback. The rules are the product's; only the connections are
 * redirected: to `PUBLIC_ADDRESS` to the pages, to every other address to the canary.
 */
export class SmallInternet {
  /** Connections that reached the canary. */
  canaryHits = 0;
  /** Every connection that was begun, as `address:port`. */
  readonly dialled: string[] = [];
  private readonly servers: Server[] = [];

  private constructor(readonly dns: DnsDouble) {}

  /** @param pages answers at `PUBLIC_ADDRESS`, port 80 and, over TLS, 443 */
  static async start(pages: RequestListener): Promise<SmallInternet> {
    const internet = new SmallInternet(await DnsDouble.start());
    internet.dns.tell('public.example', [PUBLIC_ADDRESS]);
    const canary = createServer((_, response) => response.end('CANARY'));
    canary.on('connection', () => (internet.canaryHits += 1));
    const tls = { cert: TEST_CERTIFICATE, key: TEST_KEY };
    for (const server of [canary, createServer(pages), createTlsServer(tls, pages)]) {
      internet.servers.push(server.listen(0, '127.0.0.1'));
      await once(server, 'listening');
    }
    return internet;
  }

  get canaryPort(): number {
    return this.portOfServer(0);
  }

  /** A fetcher in this internet. */
  fetcher(limits: Partial<FetchLimits> = {}, dialer: Dialer = this.dialer()): PageFetcher {
    const { server } = this.dns;
    const resolver = new (class extends HostResolver {
      protected override resolver(): Resolver {
        const resolver = super.resolver();
        resolver.setServers([server]);
        return resolver;
      }
    })();
    return new PageFetcher(new PublicHosts(resolver), dialer, Object.assign(new FetchLimits(), limits));
  }

  /** @param trusted a certificate instead of those that Node.js trusts */
  dialer(trusted?: string): Dialer {
    return new BentDialer(trusted, (addresses, port) => {
      this.dialled.push(...addresses.map((address) => `${address}:${port}`));
      if (addresses.some((address) => address !== PUBLIC_ADDRESS)) return this.canaryPort;
      return this.portOfServer(port === 443 ? 2 : 1);
    });
  }

  /** To the pages, the canary included. */
  async openConnections(): Promise<number> {
    const counts = await Promise.all(
      this.servers.map((server) => promisify(server.getConnections.bind(server))()),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    await this.dns.close();
  }

  private portOfServer(index: number): number {
    const address: AddressInfo | string | null | undefined = this.servers[index]?.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
    return address.port;
  }
}

/** A connection to an address goes to a port of this machine instead. */
class BentDialer extends Dialer {
  constructor(
    protected override readonly trusted: string | undefined,
    private readonly way: (addresses: readonly string[], port: number) => number,
  ) {
    super();
  }

  protected override target(addresses: readonly string[], port: number): TcpNetConnectOpts {
    return super.target(['127.0.0.1'], this.way(addresses, port));
  }
}
