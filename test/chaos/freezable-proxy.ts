import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The network between one process and PostgreSQL, which can fall silent: no byte passes, no connection breaks, and then
 * everything arrives at once. A worker goes on working, cannot renew its lease, and notices late that it was replaced.
 */
export class FreezableProxy {
  private readonly sockets = new Set<Socket>();
  private frozen = false;
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    private target: URL,
    /** The database's address through this proxy. */
    readonly url: string,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async to(databaseUrl: string): Promise<FreezableProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = new URL(databaseUrl);
    url.port = String(address.port);
    return new FreezableProxy(server, new URL(databaseUrl), url.href);
  }

  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** The delay of every packet. */
  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** From now on it leads to another server, and every connection to the former one is cut. */
  leadTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const upstream = connect({ host: this.target.hostname, port: Number(this.target.port) });
    this.carry(client, upstream);
    this.carry(upstream, client);
  }

  private carry(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => this.pass(bytes, from, to));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.frozen) from.pause();
  }

  private pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (this.delayMs === 0) return void to.write(bytes);
    from.pause();
    setTimeout(() => {
      to.write(bytes);
      if (!this.frozen) from.resume();
    }, this.delayMs);
  }
}
