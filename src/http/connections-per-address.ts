import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What of a socket is looked at. */
interface Connection {
  readonly remoteAddress?: string | undefined;
  once(event: 'close', closed: () => void): unknown;
}

/**
 * Counts the open connections of each address, so that no single one takes all that a process has. Of IPv6 the first 64
 * bits are an address: whoever has one has all that begin so.
 */
export class ConnectionsPerAddress {
  private readonly open = new Map<string, number>();
  private readonly exempt = new BlockList();

  /**
   * @param most that one address may have open
   * @param proxies addresses and networks behind which are many people; this machine's own are exempt too
   */
  constructor(
    readonly most: number,
    proxies: readonly string[],
  ) {
    for (const network of [...proxies, '127.0.0.0/8', '::1']) {
      const [address = '', prefix] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.exempt.addAddress(address, family);
      else this.exempt.addSubnet(address, Number(prefix), family);
    }
  }

  /** Takes the connection up, until it is closed. @returns false where its address has too many */
  admit(socket: Connection): boolean {
    // Gone already.
    if (socket.remoteAddress === undefined) return true;
    const address = socket.remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
    if (this.exempt.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) return true;
    const key = isIPv6(address) ? prefixOf(address) : address;
    const open = this.open.get(key) ?? 0;
    if (open >= this.most) return false;
    this.open.set(key, open + 1);
    socket.once('close', () => this.closed(key));
    return true;
  }

  private closed(key: string): void {
    const open = (this.open.get(key) ?? 1) - 1;
    if (open > 0) this.open.set(key, open);
    else this.open.delete(key);
  }
}

/** The first four groups of an address as Node writes it: `::` stands for zeros, a zone follows `%`. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const last = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':');
}
