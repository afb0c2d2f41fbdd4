import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  ProtocolError,
  specTypeSchemas,
  StreamableHTTPClientTransport,
  ProtocolErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import type { McpLink } from './mcp-file.js';
import { errorOf, messageOf } from '../../../platform/errors/errors.js';
import type { McpTool } from './mcp-tool.js';
import { transportTo } from './transport.js';

/** Milliseconds until a server that does not answer is given up. */
const CONNECT_TIMEOUT_MS = 30_000;
const LIST_TIMEOUT_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;
/** How often a silent server is asked whether it is still there. */
const PING_EVERY_MS = 30_000;
/** A process has 2 s to end by itself and 2 s after SIGTERM; then the SDK kills it. */
const END_WITHIN_MS = 5_000;
const FAREWELL_MS = 1_000;
/** The pause before a broken announcement stream is opened again. */
const LISTEN_AGAIN_MS = 1_000;
/** The page limit of a list; the rest is not read. */
const MAX_PAGES = 50;
const MAX_LISTED = 500;

/**
 * The protocol revision of a server: `2025`, with a handshake and, over HTTP, a session; `2026-07-28`, without either.
 * The older one is tried first: in it, the SDK returns a server's list as it is; in the newer one, it rejects a whole
 * list for one wrong tool.
 */
export type ProtocolRevision = '2025' | '2026-07-28';

/** One connection to a server, from its start to its end. It is not reopened: a new one is made. */
export class McpSession {
  private readonly client;
  private readonly transport;
  private readonly finished: Promise<void>;
  private over: string | null = null;
  private end: (reason: string) => void = () => undefined;
  private change: () => void = () => undefined;
  private changing: Promise<null> = Promise.resolve(null);
  private probing = false;
  private timer: NodeJS.Timeout | undefined;

  /** Resolves with the reason when the session has ended. */
  readonly ended: Promise<string>;

  /** @param say gets what the server, if it is a process, writes to its standard error */
  constructor(
    link: McpLink,
    private readonly revision: ProtocolRevision,
    say: (line: string) => void,
  ) {
    this.client = new Client(
      { name: 'turnpike', version: '1' },
      {
        capabilities: {},
        versionNegotiation: { mode: revision === '2025' ? 'legacy' : { pin: revision } },
      },
    );
    this.transport = transportTo(link, say);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.finished = new Promise((resolve) => {
      Object.assign(this.client, {
        onclose: () => {
          // If it was refused, `connect` reports that after this.
          setImmediate(() => this.lose('the connection was closed'));
          resolve();
        },
        onerror: (error: Error) => void this.probe(error),
      });
    });
    this.client.setNotificationHandler('notifications/tools/list_changed', () => this.change());
  }

  /** @throws the reason why it cannot be opened, or the reason of its end */
  async open(): Promise<void> {
    await this.orEnd(this.client.connect(this.transport, { timeout: CONNECT_TIMEOUT_MS }));
    this.timer = setInterval(() => void this.probe(), PING_EVERY_MS);
    if (this.revision !== '2025' && this.client.getServerCapabilities()?.tools?.listChanged)
      await this.orEnd(this.listen());
  }

  /** Ends the session, and rejects all pending work of it. */
  lose(reason: string): void {
    this.over ??= reason;
    this.end(this.over);
  }

  /**
   * Reads all pages, each tool as the server sent it. @throws the reason why it cannot be read, or the reason of its
   * end
   */
  async list(): Promise<unknown[]> {
    this.changing = new Promise((resolve) => {
      this.change = () => resolve(null);
    });
    if (!this.client.getServerCapabilities()?.tools) return [];
    const tools: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      // Not by `listTools`, which rejects the whole list for one malformed tool.
      const params = cursor === undefined ? {} : { cursor };
      const request = { method: 'tools/list' as const, params };
      const result = await this.orEnd(
        this.client.request(request, specTypeSchemas.PaginatedResult, { timeout: LIST_TIMEOUT_MS }),
      );
      if (Array.isArray(result.tools)) tools.push(...result.tools);
      cursor = result.nextCursor;
      if (cursor === undefined || tools.length >= MAX_LISTED) break;
    }
    return tools.slice(0, MAX_LISTED);
  }

  /** Resolves when the server announces a change since the last call of `list`. */
  changed(): Promise<null> {
    return this.changing;
  }

  /**
   * @param signal cancels it, at the server too
   * @param timeoutMs the limit without an abort of the signal
   * @throws see `callFailure`
   */
  async call(
    { own: name, inputSchema }: McpTool,
    parameters: object,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<Record<string, unknown>> {
    const params = { name, arguments: { ...parameters } };
    const options = { signal, timeout: timeoutMs };
    // The newer revision wants some arguments in headers too. Without an output schema, the result is not checked.
    const toolDefinition = { name, inputSchema };
    if (this.revision !== '2025')
      return { ...(await this.client.callTool(params, { ...options, toolDefinition })) };
    return await this.client.request({ method: 'tools/call', params }, specTypeSchemas.Result, options);
  }

  /** Closes the session; resolves within 6 s. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.lose('it was closed');
    const stop = new AbortController();
    const within = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    if (this.transport instanceof StreamableHTTPClientTransport) {
      await Promise.race([this.transport.terminateSession().catch(() => undefined), within(FAREWELL_MS)]);
    }
    const closed = this.client.close().catch(() => undefined);
    // After a failed `connect`, the SDK is already ending the process, and `close` does not wait for that.
    await Promise.race([Promise.all([closed, this.finished]), within(END_WITHIN_MS)]);
    stop.abort();
  }

  private get connected(): boolean {
    return this.over === null;
  }

  /** Listens for changes, which the newer revision announces only to listeners. */
  private async listen(): Promise<void> {
    try {
      const subscription = await this.client.listen({ toolsListChanged: true });
      void subscription.closed.then(() => this.listenAgain());
    } catch (error) {
      await this.probe(errorOf(error));
    }
  }

  private async listenAgain(): Promise<void> {
    await sleep(LISTEN_AGAIN_MS, undefined, { ref: false });
    if (!this.connected) return;
    await this.listen();
    this.change();
  }

  /** Resolves with the work, or rejects at the end of the session. */
  private async orEnd<T>(work: Promise<T>): Promise<T> {
    const end = this.ended.then((reason): never => {
      throw new Error(reason);
    });
    return await Promise.race([work, end]);
  }

  /** Checks after any failure whether the server is alive. An error is an answer as well. */
  private async probe(cause?: Error): Promise<void> {
    if (this.probing || !this.connected || this.timer === undefined) return;
    this.probing = true;
    try {
      const options = { timeout: PING_TIMEOUT_MS };
      await (this.revision === '2025' ? this.client.ping(options) : this.client.discover(options));
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.lose(messageOf(cause ?? error));
    } finally {
      this.probing = false;
    }
  }
}

/** Whether the server refused the handshake because it has newer revisions only. Pure. */
export function wantsNewer(error: unknown): boolean {
  const code = error instanceof ProtocolError ? error.code : codeInBody(error);
  return code === ProtocolErrorCode.UnsupportedProtocolVersion;
}

/** Reads the protocol error from the body of a refused handshake, which the SDK does not. */
function codeInBody(error: unknown): unknown {
  if (!(error instanceof SdkHttpError) || typeof error.data.text !== 'string') return undefined;
  try {
    const body: unknown = JSON.parse(error.data.text);
    return Reflect.get(Object(Reflect.get(Object(body), 'error')), 'code');
  } catch {
    return undefined;
  }
}
