import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transportTo } from './transport.js';

/** A server that redirects its first request, and records all requests. */
class RedirectingServer {
  location = '';
  status = 307;
  readonly asked: string[] = [];

  private constructor(private readonly http: Server) {}

  static async start(): Promise<RedirectingServer> {
    const http = createServer().listen(0, '127.0.0.1');
    const server = new RedirectingServer(http);
    http.on('request', (request, response) => {
      const { method, url, headers } = request;
      server.asked.push(`${method} ${url} ${headers.authorization}`);
      if (url?.startsWith('/mcp')) response.writeHead(server.status, { location: server.location }).end();
      else response.writeHead(202).end();
    });
    await once(http, 'listening');
    return server;
  }

  get url(): string {
    const address = this.http.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }
}

describe('The HTTP transport to an MCP server', () => {
  let server: RedirectingServer;
  let other: RedirectingServer;

  beforeEach(async () => {
    server = await RedirectingServer.start();
    other = await RedirectingServer.start();
  });
  afterEach(async () => {
    await server.close();
    await other.close();
  });

  const send = async (): Promise<void> => {
    const headers = { Authorization: 'a-token' };
    const transport = transportTo({ kind: 'http', url: `${server.url}/mcp`, headers }, () => undefined);
    await transport.start();
    await transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled' });
    await transport.close();
  };

  it('follows a redirect within the server, with the sent body', async () => {
    server.location = '/elsewhere';
    await send();
    expect(server.asked).toEqual(['POST /mcp a-token', 'POST /elsewhere a-token']);
  });

  it.each([
    ['another port of this machine', () => `${other.url}/elsewhere`],
    ['the same machine by another name', () => server.url.replace('127.0.0.1', 'localhost')],
    ['an address of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a name and a password', () => server.url.replace('//', '//user:word@')],
  ])('follows no redirect to %s', async (_to, location) => {
    server.location = location();
    await expect(send()).rejects.toThrow(/Redirect to \S+ not followed/);
    expect(server.asked).toEqual(['POST /mcp a-token']);
    expect(other.asked).toEqual([]);
  });

  it('follows no redirect to an invalid address', async () => {
    server.location = 'http://';
    await expect(send()).rejects.toThrow('Error POSTing');
  });

  it('follows no endless redirects', async () => {
    server.location = '/mcp';
    await expect(send()).rejects.toThrow('not followed');
    expect(server.asked.length).toBeLessThan(10);
  });

  it.each([301, 302, 303])('follows no redirect that would lose the message: %i', async (status) => {
    Object.assign(server, { status, location: '/elsewhere' });
    await expect(send()).rejects.toThrow('not followed');
    expect(server.asked).toEqual(['POST /mcp a-token']);
  });
});
