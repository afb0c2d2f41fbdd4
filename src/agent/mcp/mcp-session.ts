import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ErrorCode,
  McpError,
  PaginatedResultSchema,
  ResultSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { McpLink } from '../../config/mcp-file.js';
import { messageOf } from '../../errors/errors.js';
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
const REQUEST_TIMED_OUT: number = ErrorCode.RequestTimeout;
/** A list that is longer is read no further. */
const MAX_PAGES = 50;
const MAX_LISTED = 500;

/** One connection to a server, from its start to its end. It does not come back: a new one is made. */
export class McpSession {
  private readonly client = new Client({ name: 'turnpike', version: '1' }, { capabilities: {} });
  private readonly transport;
  private readonly finished: Promise<void>;
  private over: string | null = null;
  private end: (reason: string) => void = () => undefined;
  private change: () => void = () => undefined;
  private changing: Promise<null> = Promise.resolve(null);
  private probing = false;
  private timer: NodeJS.Timeout | undefined;

  /** Resolves with the reason when the session is of no use any more. */
  readonly ended: Promise<string>;

  /** @param say gets what the server, if it is a process, writes to its standard error */
  constructor(link: McpLink, say: (line: string) => void) {
    this.transport = transportTo(link, say);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.finished = new Promise((resolve) => {
      Object.assign(this.client, {
        onclose: () => {
          this.lose('the connection was closed');
          resolve();
        },
        onerror: (error: Error) => void this.probe(error),
      });
    });
    this.client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.change());
  }

  get connected(): boolean {
    return this.over === null;
  }

  /** @throws what keeps it from being opened, or the reason of its end */
  async open(): Promise<void> {
    await this.orEnd(this.client.connect(this.transport, { timeout: CONNECT_TIMEOUT_MS }));
    this.timer = setInterval(() => void this.probe(), PING_EVERY_MS);
  }

  /** Ends the session: whoever waits for anything of it is told. */
  lose(reason: string): void {
    this.over ??= reason;
    this.end(this.over);
  }

  /** All pages, each tool as the server has it. @throws what keeps it from being read, or the reason of its end */
  async list(): Promise<unknown[]> {
    this.changing = new Promise((resolve) => {
      this.change = () => resolve(null);
    });
    if (!this.client.getServerCapabilities()?.tools) return [];
    const tools: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      // Not by `listTools`, for which one tool that is not as it should be spoils the whole list.
      const params = cursor === undefined ? {} : { cursor };
      const request = { method: 'tools/list' as const, params };
      const result = await this.orEnd(
        this.client.request(request, PaginatedResultSchema, { timeout: LIST_TIMEOUT_MS }),
      );
      if (Array.isArray(result.tools)) tools.push(...result.tools);
      cursor = result.nextCursor;
      if (cursor === undefined || tools.length >= MAX_LISTED) break;
    }
    return tools.slice(0, MAX_LISTED);
  }

  /** Resolves when the server says that its list has changed since `list` was called last. */
  changed(): Promise<null> {
    return this.changing;
  }

  /**
   * @param signal cancels it, at the server too
   * @param timeoutMs for whom the signal is not aborted
   * @throws see `callFailure`
   */
  async call(
    name: string,
    parameters: object,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<Record<string, unknown>> {
    const request = { method: 'tools/call' as const, params: { name, arguments: { ...parameters } } };
    return await this.client.request(request, ResultSchema, { signal, timeout: timeoutMs });
  }

  /** Resolves when nothing of it is left, at the latest after 6 s. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.lose('it was closed');
    const stop = new AbortController();
    const within = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    if (this.transport instanceof StreamableHTTPClientTransport) {
      await Promise.race([this.transport.terminateSession().catch(() => undefined), within(FAREWELL_MS)]);
    }
    const closed = this.client.close().catch(() => undefined);
    // Where `connect` failed the SDK has begun to end the process already, and `close` does not wait for that.
    await Promise.race([Promise.all([closed, this.finished]), within(END_WITHIN_MS)]);
    stop.abort();
  }

  /** The work, or the end of the session, which comes as an error. */
  private async orEnd<T>(work: Promise<T>): Promise<T> {
    const end = this.ended.then((reason): never => {
      throw new Error(reason);
    });
    return await Promise.race([work, end]);
  }

  /** Whatever went wrong: is the server still there? An error is an answer as well. */
  private async probe(cause?: Error): Promise<void> {
    if (this.probing || !this.connected || this.timer === undefined) return;
    this.probing = true;
    try {
      await this.client.ping({ timeout: PING_TIMEOUT_MS });
    } catch (error) {
      const answered = error instanceof McpError && error.code !== REQUEST_TIMED_OUT;
      if (!answered) this.lose(messageOf(cause ?? error));
    } finally {
      this.probing = false;
    }
  }
}
