import type { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { DnsDouble } from '../../../../test/support/dns-double.js';
import { OutsideText } from '../../../channel/outside-text.js';
import { messageOf } from '../../../platform/errors/errors.js';
import { Dialer } from './dialer.js';
import { FetchLimits } from './fetch-limits.js';
import { HostResolver } from './host-resolver.js';
import { PageFetcher } from './page-fetcher.js';
import { PublicHosts } from './public-hosts.js';

/** The only address of the public internet that this machine has a route to. */
export const REACHABLE = '8.8.8.8';

const V4 = '1.1.1.1';
const V6 = '2606:4700:4700::1111';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'reachable.example': [REACHABLE],
  'a.example': [V4],
  'aaaa.example': [V6],
  'many-aaaa.example': [V6, '2606:4700:4700::1001', '2a00:1450:4001:80b::200e'],
  'both.example': [V4, V6],
  'nat64.example': ['64:ff9b::8.8.8.8'],
};

const WITHOUT_A_ROUTE = [V4, `[${V6}]`, '[64:ff9b::808:808]', ...Object.keys(NAMES).slice(1)].flatMap(
  (host) => [`http://${host}/`, `https://${host}/`],
);

/** Addresses without a route, and pages that redirect there. */
export const LEADS_NOWHERE = WITHOUT_A_ROUTE.flatMap((url) => [
  url,
  `http://reachable.example/?to=${encodeURIComponent(url)}`,
]);

/** Gets them all, and returns the outcomes. It really dials the checked addresses. */
export async function main(): Promise<void> {
  const pages = createServer(({ url = '' }, response) => {
    const to = new URL(url, 'http://reachable.example').searchParams.get('to');
    if (to === null) response.writeHead(200, { 'content-type': 'text/plain' }).end('Hello');
    else response.writeHead(302, { location: to }).end();
  });
  await once(pages.listen(80, REACHABLE), 'listening');
  const dns = await DnsDouble.start();
  for (const [name, addresses] of Object.entries(NAMES)) dns.tell(name, addresses);
  const resolver = new (class extends HostResolver {
    protected override resolver(): Resolver {
      const resolver = super.resolver();
      resolver.setServers([dns.server]);
      return resolver;
    }
  })();
  const fetcher = new PageFetcher(new PublicHosts(resolver), new Dialer(), new FetchLimits());
  const get = async (url: string): Promise<[string, string]> => {
    try {
      return [url, OutsideText.unmarked((await fetcher.fetch(url, new AbortController().signal)).source)];
    } catch (error) {
      return [url, `${String(Reflect.get(Object(error), 'code'))}: ${messageOf(error)}`];
    }
  };
  const came = await Promise.all([...LEADS_NOWHERE, `http://${REACHABLE}/`].map(get));
  process.stdout.write(JSON.stringify(Object.fromEntries(came)));
  pages.close();
  pages.closeAllConnections();
  await dns.close();
}
