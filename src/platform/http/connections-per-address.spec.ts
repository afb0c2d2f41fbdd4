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
  it('are limited in number, and one that closes makes room', () => {
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

  it('are those of all IPv6 addresses that one customer has', () => {
    const connections = new ConnectionsPerAddress(2, []);
    expect(connections.admit(socketOf('2001:db8:1:2::1'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8:1:2:ffff:ffff:ffff:ffff'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8:1:2:3::'))).toBe(false);
    expect(connections.admit(socketOf('2001:db8:1:3::1'))).toBe(true);
    expect(connections.admit(socketOf('2001:db8::1'))).toBe(true);
    expect(connections.admit(socketOf('fe80::1%eth0'))).toBe(true);
  });

  it('are not counted for addresses shared by many people: a trusted proxy’s, and this machine’s', () => {
    const connections = new ConnectionsPerAddress(1, ['10.0.0.0/8', '192.0.2.9', '2001:db8:7::/48']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.9', '2001:db8:7:1::1', '127.0.0.1', '::1'])
      for (let count = 0; count < 3; count += 1) expect(connections.admit(socketOf(address))).toBe(true);
    expect(connections.admit(socketOf(undefined))).toBe(true);
  });
});
