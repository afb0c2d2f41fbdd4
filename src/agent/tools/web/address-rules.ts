/** The IP addresses that may serve a public page. Pure; the checked address is the one connected to. */
import { BlockList, isIP } from 'node:net';

/**
 * IPv4 outside the public internet: all of IANA's special-purpose registry (RFC 6890 and later), multicast, the
 * reserved 240/4 with broadcast, and Azure's host service, which is the one cloud metadata address in a public range.
 */
const SPECIAL_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT; Alibaba's metadata
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's host service
  ['169.254.0.0', 16], // link-local; metadata of AWS, Azure, Google and others
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; Oracle's metadata
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // AMT
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/** The parts of 2000::/3 that are not the public internet, or carry an IPv4 address of their own. */
const SPECIAL_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
];

/** NAT64's well-known prefix (RFC 6052): the last 32 bits are an IPv4 address, which must be public itself. */
const NAT64 = '64:ff9b::';

const open = new BlockList();
open.addSubnet('2000::', 3, 'ipv6');
open.addSubnet(NAT64, 96, 'ipv6');

const refused = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) {
  refused.addSubnet(network, prefix, 'ipv4');
  refused.addSubnet(`${NAT64}${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of SPECIAL_IPV6) refused.addSubnet(network, prefix, 'ipv6');

/**
 * True for an address of the public internet, in the form in which `node:net` accepts it. IPv6 is refused unless it is
 * global unicast, so loopback, link-local, unique local, multicast, and IPv4 that is mapped (`::ffff:a.b.c.d`),
 * compatible (`::a.b.c.d`) or translated are out without being listed. An invalid address, or one with a zone, is not
 * public.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && open.check(address, 'ipv6') && !refused.check(address, 'ipv6');
    default:
      return false;
  }
}
