import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** The fields of a socket that are used. */
interface Connection {
  readonly remoteAddress?: string | undefined;
  once(event: 'close', closed: () => void): unknown;
}

/**
 * Counts the open connections of each address, so that no single one takes all of a process's. An IPv6 address counts
 * by its first 64 bits: a customer usually has all addresses that share them.
 */
export class ConnectionsPerAddress {
  private readonly open = new Map<string, number>();
  private readonly exempt = new BlockList();

  /**
   * @param most connections of one address
   * @param proxies addresses and networks shared by many people; this machine's own are exempt too
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

  /** Counts the connection until it is closed. @returns false if its address has too many */
  admit(socket: Connection): boolean {
    // Closed already.
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
