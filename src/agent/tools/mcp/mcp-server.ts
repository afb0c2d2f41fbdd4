import { Logger } from '@nestjs/common';
import { OutsideText } from '../../../channel/outside-text.js';
import type { McpServerSettings } from './mcp-file.js';
import { GiveUpError, messageOf } from '../../../platform/errors/errors.js';
import { backoffMs } from '../../../platform/runtime/backoff.js';
import type { Clock } from '../../../platform/runtime/clock.js';
import { pause } from '../../../platform/runtime/pause.js';
import type { Random } from '../../../platform/runtime/random.js';
import { markAsOutside } from '../outside-text.js';
import { cut } from '../tool-output.js';
import type { RegisteredTool } from '../tool-registry.js';
import { TOOL_OUTCOME_UNKNOWN, unknownOutcome } from '../unknown-outcome.js';
import { callFailure } from './call-failure.js';
import { ListReader } from './list-reader.js';
import { McpSession, type ProtocolRevision, wantsNewer } from './mcp-session.js';
import type { McpTool, ToolReading } from './mcp-tool.js';
import { resultText } from './result-text.js';

/** Pauses between tries to reach an unavailable server. */
const RECONNECT = { baseMs: 500, maxMs: 60_000 };
/** A connection that lasted this long counts as working: the pauses begin anew. */
const STEADY_MS = 60_000;
/** The time, from the loss of the connection or the start, for which a call waits for a server. */
export const AWAY_MS = 10_000;
/** The pause between two reads of a list that keeps changing. */
const LIST_PAUSE_MS = 1_000;
/** The margin over the tool runner's own time limit, which ends first. */
const SPARE_MS = 5_000;
/** UTF-16 units of a reason in a log line, which a server may have written. */
const MAX_REASON_CHARS = 500;

/** One configured server, over all its connections: keeps one open, and knows the offered tools. */
export class McpServer {
  private readonly logger = new Logger(McpServer.name);
  private session: McpSession | null = null;
  private offered: readonly RegisteredTool[] = [];
  private awaySince: number;
  private revision: ProtocolRevision = '2025';
  private readonly reader: ListReader;
  private returned: () => void = () => undefined;
  private back: Promise<void> = this.nextReturn();

  constructor(
    readonly settings: McpServerSettings,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.awaySince = clock.monotonicMs();
    this.reader = new ListReader(settings, (...call) => this.call(...call));
  }

  /** The tools that it offers now; none while it is unavailable. */
  get tools(): readonly RegisteredTool[] {
    return this.offered;
  }

  get away(): boolean {
    return this.session === null;
  }

  /** Keeps it connected until `signal` is aborted; resolves after the last connection is closed. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const server = this.settings.name;
    let failures = 0;
    this.awaySince = this.clock.monotonicMs();
    while (!signal.aborted) {
      const since = this.clock.monotonicMs();
      const reason = cut(await this.connect(signal), MAX_REASON_CHARS);
      if (signal.aborted) return;
      failures = this.clock.monotonicMs() - since >= STEADY_MS ? 1 : failures + 1;
      const entry = { msg: 'mcp server away', server, failures, error: reason };
      if (failures === 1) this.logger.warn(entry);
      else this.logger.debug(entry);
      await pause(backoffMs(failures, RECONNECT, this.random.next()), signal);
    }
  }

  /** Resolves when it is connected, or has been unavailable for too long to wait for it. */
  async ready(signal: AbortSignal): Promise<void> {
    const leftMs = this.awaySince + AWAY_MS - this.clock.monotonicMs();
    if (!this.away || leftMs <= 0) return;
    const enough = new AbortController();
    await Promise.race([this.back, pause(leftMs, AbortSignal.any([signal, enough.signal]))]);
    enough.abort();
  }

  /** One connection, from its start to its end. @returns why it ended */
  private async connect(signal: AbortSignal): Promise<string> {
    const { name: server, link } = this.settings;
    const session = new McpSession(link, this.revision, (line) =>
      this.logger.debug({ msg: 'mcp server says', server, line }),
    );
    const end = (): void => session.lose('the process ends');
    signal.addEventListener('abort', end, { once: true });
    try {
      await this.open(session);
      for (;;) {
        this.offer(session, await this.reader.read(await session.list()));
        const ended = await Promise.race([session.ended, session.changed()]);
        if (ended !== null) return ended;
        await pause(LIST_PAUSE_MS, signal);
      }
    } catch (error) {
      return messageOf(error);
    } finally {
      signal.removeEventListener('abort', end);
      this.leave(session);
      await session.close();
    }
  }

  /** Opens the session; a server that wants another protocol revision is asked in that the next time. */
  private async open(session: McpSession): Promise<void> {
    try {
      await session.open();
    } catch (error) {
      this.revision = wantsNewer(error) ? '2026-07-28' : '2025';
      throw error;
    }
  }

  private offer(session: McpSession, readings: readonly ToolReading[]): void {
    const { name: server } = this.settings;
    const tools = new Map<string, RegisteredTool>();
    for (const reading of readings) {
      if (reading?.kind === 'tool' && !tools.has(reading.tool.name))
        tools.set(reading.tool.name, reading.tool);
      if (reading?.kind === 'problem') {
        const { own: tool, problem } = reading;
        this.logger.warn({ msg: 'mcp tool not offered', server, tool, problem });
      }
    }
    this.offered = [...tools.values()];
    this.session = session;
    this.returned();
    this.logger.log({ msg: 'mcp server connected', server, tools: [...tools.keys()].toSorted() });
  }

  /** Removes its tools, unless there is another connection already. */
  private leave(session: McpSession): void {
    if (this.session !== session) return;
    this.session = null;
    this.offered = [];
    this.awaySince = this.clock.monotonicMs();
    this.back = this.nextReturn();
  }

  private nextReturn(): Promise<void> {
    return new Promise((resolve) => {
      this.returned = resolve;
    });
  }

  /** Makes the call, once more on the next connection if it has not reached the server. */
  private async call(tool: McpTool, parameters: object, signal: AbortSignal): Promise<string> {
    const first = await this.callNow(tool, parameters, signal);
    if (first !== null) return first;
    await this.ready(signal);
    const second = await this.callNow(tool, parameters, signal);
    if (second !== null) return second;
    throw new GiveUpError('TOOL_UNAVAILABLE', this.absenceOf(tool.name));
  }

  /** @returns null if the call has not reached the server */
  private async callNow(tool: McpTool, parameters: object, signal: AbortSignal): Promise<string | null> {
    const { name, timeoutMs, maxOutputChars } = this.settings;
    const session = this.session;
    if (!session) return null;
    const marked = (text: OutsideText) =>
      markAsOutside(text, `what the MCP server "${name}" answered`, maxOutputChars);
    let result: Record<string, unknown>;
    try {
      result = await session.call(tool, parameters, signal, timeoutMs + SPARE_MS);
    } catch (error) {
      signal.throwIfAborted();
      const failure = callFailure(error);
      if (failure === 'refused')
        throw new GiveUpError('MCP_REFUSED', marked(OutsideText.fromUntrusted(messageOf(error))));
      if (failure === 'lost') throw lost(tool);
      session.lose(messageOf(error));
      this.leave(session);
      return null;
    }
    const { text, failed } = resultText(result);
    if (failed) throw new GiveUpError('MCP_TOOL_ERROR', marked(text));
    return marked(text);
  }

  /** Explains the tool's absence to the model. */
  absenceOf(tool: string): string {
    return this.away
      ? `${tool} cannot be called now: its server "${this.settings.name}" is not connected. It may be back later.`
      : `There is no tool "${cut(tool, 64)}" (any more): its server "${this.settings.name}" does not offer it.`;
  }
}

/** The failure of a call whose connection broke meanwhile. */
function lost(tool: McpTool): GiveUpError {
  if (!tool.repeatable) return new GiveUpError(TOOL_OUTCOME_UNKNOWN, unknownOutcome(tool.name).output);
  return new GiveUpError(
    'MCP_CONNECTION_LOST',
    `The connection to the server of ${tool.name} was lost during the call; it may be called again.`,
  );
}
