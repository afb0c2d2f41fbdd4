import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConnectionsPerAddress } from './connections-per-address.js';

class FakeSocket extends EventEmitter {
  constructor(readonly remoteAddress: string | undefined) {
    super();
  }
}
const socketOf = (address: string | undefined) => new FakeSocket(address);

describe('The connections of one address', () => {
  it('are so many and no more, and there is room again when one is closed', () => {
    const connections = new ConnectionsPerAddress(2, []);
    const [first, second] = [socketOf('192.0.2.1'), socketOf('::ffff:192.0.2.1')];
    expect(connections.admit(first)).toBe(true);
    expect(connections.admit(second)).toBe(true);
    expect(connections.admit(socketOf('192.0.2.1'))).toBe(false);
    expect(connections.admit(socketOf('192.0.2.2'))).toBe(true);
    first.emit('close');
    expect(connections.admit(socketOf('192.0.2.1'))).toBe(true);
    expect(connections.admit(socketOf('192.0.2.1'))).toBe(false);
  });

  it('are those of all addresses that one customer has, with IPv6', () => {
    const connections = new ConnectionsPerAddress(2, []);
    expect(connections.admit(socketOf('2001:db8:1:2::1'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8:1:2:ffff:ffff:ffff:ffff'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8:1:2:3::'))).toBe(false);
    expect(connections.admit(socketOf('2001:db8:1:3::1'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8::1'))).toBe(true);
    expect(connections.admit(socketOf('fe80::1%eth0'))).toBe(true);
  });

  it('are not counted where many people are behind it: of a trusted proxy, and of this machine', () => {
    const connections = new ConnectionsPerAddress(1, ['10.0.0.0/8', '192.0.2.9', '2001:db8:7::/48']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.9', '2001:db8:7:1::1', '127.0.0.1', '::1'])
      for (let count = 0; count < 3; count += 1) expect(connections.admit(socketOf(address))).toBe(true);
    expect(connections.admit(socketOf(undefined))).toBe(true);
  });
});
