import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { portOf } from './page-url.js';
import { bareHost } from './public-hosts.js';

/** Opens the connection for a URL, to addresses that were checked and to nothing else: no name is looked up here. */
@Injectable()
export class Dialer {
  /** Certificates trusted instead of those that come with Node.js. */
  protected readonly trusted: string | undefined;

  /** The certificate must be one for the host of the URL. The socket reports what goes wrong as its `error`. */
  connect(url: URL, addresses: readonly string[]): Socket {
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
      // Never an address: so that `lookup` is always asked, and its answer is all there is.
      host: 'checked.invalid',
      port,
      lookup: (_, __, answer) => answer(null, found),
      autoSelectFamily: true,
    };
  }
}
