import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { portOf } from './page-url.js';
import { bareHost } from './public-hosts.js';

/** Opens the connection for a URL, to checked addresses only: it looks up no name. */
@Injectable()
export class Dialer {
  /** Trusted certificates, in place of those that come with Node.js. */
  protected readonly trusted: string | undefined;

  /**
   * Resolves when the connection is open. The certificate must be one for the host of the URL.
   * @throws the reason why it cannot be opened, for example an address without a route; the reason of `signal`
   */
  async connect(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<Socket> {
    const socket = this.open(url, addresses);
    // For its whole life: an unhandled error would end the process.
    socket.on('error', unheard);
    try {
      await once(socket, url.protocol === 'https:' ? 'secureConnect' : 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  private open(url: URL, addresses: readonly string[]): Socket {
    const target = this.target(addresses, portOf(url));
    if (url.protocol !== 'https:') return connectTcp(target);
    const host = bareHost(url);
    return connectTls({
      ...target,
      // An address is no server name (RFC 6066, section 3).
      servername: isIP(host) === 0 ? host : '',
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(this.trusted === undefined ? {} : { ca: this.trusted }),
    });
  }

  /** The addresses are tried in their order, IPv4 and IPv6 by turns. */
  protected target(addresses: readonly string[], port: number): TcpNetConnectOpts {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    return {
      // Never an address: so that `lookup` is always called, and its answer is the only one.
      host: 'checked.invalid',
      port,
      // Later, as Node's own does: an address without a route would fail the socket while it is still being made.
      lookup: (_, __, answer) => process.nextTick(answer, null, found),
      autoSelectFamily: true,
    };
  }
}

/** Callers that wait for the socket receive it too, or find it destroyed. */
const unheard = (): void => {};
