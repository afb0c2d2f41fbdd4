import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';

/** A server over HTTP that speaks only revision 2026-07-28 of the protocol. */
export class NewerMcpServer {
  /** Names of its tools. */
  tools: readonly string[] = ['echo'];
  /** Its requests, with the headers that the revision adds. */
  readonly asked: { readonly method: unknown; readonly revision: unknown; readonly city: unknown }[] = [];
  /** The result of a call of any tool. */
  answer: (city: string, signal: AbortSignal) => Promise<string> | string = (city) => `It rains in ${city}.`;
  private http: Server | null = null;
  private port = 0;
  private readonly handler = createMcpHandler(() => this.server(), { legacy: 'reject' });

  static async start(): Promise<NewerMcpServer> {
    const server = new NewerMcpServer();
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** Announces a changed list to its listeners. */
  announceList(): void {
    this.handler.notify.toolsChanged();
  }

  /** Cuts every connection, as a proxy does with one that lasts. */
  breakOff(): void {
    this.http?.closeAllConnections();
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    const handle = toNodeHandler(this.handler);
    const http = createServer((request, response) => {
      const { headers } = request;
      this.asked.push({
        method: headers['mcp-method'],
        revision: headers['mcp-protocol-version'],
        city: headers['mcp-param-city'],
      });
      void handle(request, response);
    }).listen(this.port, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    if (typeof address === 'object' && address) this.port = address.port;
    this.http = http;
  }

  async close(): Promise<void> {
    const { http } = this;
    if (!http) return;
    this.http = null;
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  }

  private server(): McpServer {
    const server = new McpServer(
      { name: 'newer', version: '1' },
      { capabilities: { tools: { listChanged: true } } },
    );
    const city = { type: 'string', 'x-mcp-header': 'City' };
    const schema = { type: 'object', properties: { city }, required: ['city'] };
    const inputSchema = fromJsonSchema<{ city: string }>(schema);
    for (const name of this.tools) {
      server.registerTool(name, { description: `Does ${name}.`, inputSchema }, async ({ city }, context) => ({
        content: [{ type: 'text', text: await this.answer(city, context.mcpReq.signal) }],
      }));
    }
    return server;
  }
}
