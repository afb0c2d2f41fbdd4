import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatRequest, readChatRequest } from '../../src/playground/chat-completions/chat-request.js';
import {
  type Completion,
  writeCompletion,
  writeError,
  writeJson,
} from '../../src/playground/chat-completions/write-completion.js';
import { TranscriptionDouble } from './transcription-double.js';
import { type Behaviour, behaviourOf, freshUserTexts } from './model-behaviour.js';

/** One request to POST /chat/completions, in the order of arrival. */
export interface ModelRequest {
  /** As received: `messages`, `tools`, `model` and all else. */
  readonly body: unknown;
  /** What was understood of it; null where it was refused with 400. */
  readonly request: ChatRequest | null;
  /** The user's texts since the last answer, joined by line breaks. */
  readonly fresh: string;
  readonly authorization: string | null;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** When the answer was out or the caller gone; null while it is worked on. */
  endedAt: number | null;
  /** The caller went away before it was answered. */
  aborted: boolean;
}

/**
 * An OpenAI-compatible model whose behaviour is written in the user's message (see `behaviourOf`), strict about the order
 * of tool calls and results, over HTTP on a free loopback port.
 *
 * @example
 * const model = await ModelDouble.start();
 * // OPENAI_BASE_URL = model.baseUrl; say "hold:a echo:one" in a chat, then:
 * await eventually(() => model.requestsWith('echo:one').length === 1);
 * model.release('a');
 */
export class ModelDouble {
  /** Everything that was asked. */
  readonly requests: ModelRequest[] = [];
  /** What a real model would have refused: wrong order, wrong tools, unknown paths. Empty in a healthy test. */
  readonly problems: string[] = [];
  readonly transcriptions = new TranscriptionDouble();
  private readonly failures = new Map<string, number>();
  private readonly held = new Map<string, Set<() => void>>();
  private readonly released = new Set<string>();
  private answers = 0;

  private constructor(
    private readonly server: Server,
    /** For OPENAI_BASE_URL. */
    readonly baseUrl: string,
  ) {
    server.on('request', (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.problems.push(String(error));
        response.destroy();
      });
    });
  }

  static async start(): Promise<ModelDouble> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new ModelDouble(server, `http://127.0.0.1:${address.port}/v1`);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** The requests whose new user messages hold these words. */
  requestsWith(words: string): ModelRequest[] {
    return this.requests.filter(({ fresh }) => fresh.includes(words));
  }

  /** Lets requests held by `hold:KEY` go on, those that come later too. Without a key: all that are held now. */
  release(key?: string): void {
    if (key !== undefined) this.released.add(key);
    for (const waiting of key === undefined ? [...this.held.keys()] : [key]) {
      for (const go of this.held.get(waiting) ?? []) go();
      this.held.delete(waiting);
    }
  }

  /** Requests that `hold:KEY` keeps waiting. */
  get holding(): number {
    return [...this.held.values()].reduce((sum, waiting) => sum + waiting.size, 0);
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const path = (incoming.url ?? '').replace(/\?.*$/, '');
    if (path === '/v1/models') {
      return writeJson(response, 200, { object: 'list', data: [{ id: 'double', object: 'model' }] });
    }
    if (path === '/v1/audio/transcriptions') return await this.transcriptions.serve(incoming, response);
    if (path !== '/v1/chat/completions' || incoming.method !== 'POST') {
      this.problems.push(`${incoming.method} ${path}`);
      return writeError(response, 404, 'Not found');
    }
    const body = await readJson(incoming);
    const read = readChatRequest(body);
    const request = typeof read === 'string' ? null : read;
    const record: ModelRequest = {
      body,
      request,
      fresh: request ? freshUserTexts(request).join('\n') : '',
      authorization: incoming.headers.authorization ?? null,
      startedAt,
      endedAt: null,
      aborted: false,
    };
    this.requests.push(record);
    response.once('close', () => {
      record.endedAt = performance.now();
      record.aborted = !response.writableFinished;
    });
    if (typeof read === 'string') {
      this.problems.push(read);
      return writeError(response, 400, read);
    }
    await this.behave(behaviourOf(read), read, response);
  }

  private async behave(behaviour: Behaviour, request: ChatRequest, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    if (behaviour.holdKey !== null) await this.hold(behaviour.holdKey, gone.signal);
    if (behaviour.slowMs > 0)
      await sleep(behaviour.slowMs, undefined, { signal: gone.signal }).catch(() => null);
    if (gone.signal.aborted) return;
    const { failure, outcome } = behaviour;
    if (failure && this.failsAgain(failure.key, failure.times)) {
      return writeError(
        response.setHeader('retry-after', '0'),
        failure.status,
        'a failure that was asked for',
      );
    }
    switch (outcome.kind) {
      case 'hang':
        return;
      case 'garbage':
        response.writeHead(200, { 'content-type': 'application/json' }).end('<html>not JSON');
        return;
      case 'reset':
        response.destroy();
        return;
      case 'completion':
        return writeCompletion(response, request, this.completion(outcome));
    }
  }

  private completion({
    content,
    refusal,
    calls,
    finishReason,
  }: Behaviour['outcome'] & { kind: 'completion' }): Completion {
    const number = ++this.answers;
    return {
      id: `chatcmpl-${number}`,
      createdAt: new Date(),
      content,
      ...(refusal === null ? {} : { refusal }),
      toolCalls: calls.map((call, index) => ({ ...call, id: `call_${number}_${index}` })),
      finishReason,
    };
  }

  private failsAgain(key: string, times: number): boolean {
    const failed = this.failures.get(key) ?? 0;
    this.failures.set(key, failed + 1);
    return failed < times;
  }

  private async hold(key: string, gone: AbortSignal): Promise<void> {
    if (this.released.has(key)) return;
    const waiting = this.held.get(key) ?? new Set();
    this.held.set(key, waiting);
    await new Promise<void>((resolve) => {
      waiting.add(resolve);
      gone.addEventListener('abort', () => resolve(), { once: true });
      gone.addEventListener('abort', () => waiting.delete(resolve), { once: true });
    });
  }
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: string[] = [];
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) chunks.push(String(chunk));
  try {
    return JSON.parse(chunks.join(''));
  } catch {
    return null;
  }
}
