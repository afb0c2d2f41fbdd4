import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import { once } from 'node:events';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, type Result } from '@modelcontextprotocol/sdk/types.js';

type Handle = (given: Record<string, unknown>, signal: AbortSignal) => Promise<Result> | Result;

/** An MCP server over streamable HTTP that misbehaves in ways the official one cannot show. */
export class OddMcpServer {
  /** Its list, as pages; the content is not checked. */
  pages: (readonly unknown[])[] = [[]];
  /** Its answer to a call of any tool. */
  handle: Handle = () => ({ content: [{ type: 'text', text: 'ok' }] });
  /** Its answer to a request for a page of its list. */
  list: (page: number) => Promise<Result> | Result = (page) => this.pageFrom(page);
  /** Names of the tools that were called. */
  readonly called: string[] = [];
  /** Headers of each request. */
  readonly headers: Record<string, unknown>[] = [];
  private readonly sessions = new Map<string, { server: Server; transport: StreamableHTTPServerTransport }>();

  private constructor(private readonly http: HttpServer) {}

  static async start(): Promise<OddMcpServer> {
    const http = createServer();
    const odd = new OddMcpServer(http);
    http.on('request', (request, response) => {
      odd.headers.push({ ...request.headers });
      const known = odd.sessions.get(String(request.headers['mcp-session-id']));
      if (!known && request.headers['mcp-session-id'] !== undefined) {
        response.writeHead(404).end();
        return;
      }
      void (async () => {
        const transport = known?.transport ?? (await odd.newSession());
        await transport.handleRequest(request, response);
      })();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return odd;
  }

  get url(): string {
    const address = this.http.address();
    if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}/mcp`;
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** Announces a changed list to every client. */
  async announceList(): Promise<void> {
    for (const { server } of this.sessions.values()) await server.sendToolListChanged();
  }

  /** As after a restart: no session is known any more. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  private async newSession(): Promise<StreamableHTTPServerTransport> {
    const server = new Server(
      { name: 'odd', version: '1' },
      { capabilities: { tools: { listChanged: true } } },
    );
    // Not by `setRequestHandler`, which refuses malformed answers.
    server.fallbackRequestHandler = async ({ method, params }, { signal }) => {
      if (method === 'tools/list') return await this.list(Number(params?.cursor ?? 0));
      const call = CallToolRequestSchema.parse({ method, params });
      this.called.push(call.params.name);
      return await this.handle(call.params.arguments ?? {}, signal);
    };
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.sessions.set(id, { server, transport }),
      onsessionclosed: (id) => void this.sessions.delete(id),
    });
    await server.connect(transport);
    return transport;
  }

  private pageFrom(page: number): Result {
    const more = page + 1 < this.pages.length;
    return { tools: this.pages[page] ?? [], ...(more ? { nextCursor: String(page + 1) } : {}) };
  }
}

/** A tool in a list's form. */
export function listed(name: string, more: object = {}): object {
  return { name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: {} }, ...more };
}
