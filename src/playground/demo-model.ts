import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../platform/runtime/clock.js';
import { Ids } from '../platform/runtime/ids.js';
import { type ChatRequest, readChatRequest } from './chat-completions/chat-request.js';
import {
  type Completion,
  writeCompletion,
  writeError,
  writeJson,
} from './chat-completions/write-completion.js';
import { demoAnswer } from './demo-model/demo-answer.js';
import { listenOnLoopback, stopServer } from './loopback.js';
import { Ring } from './ring.js';

export interface DemoModelOptions {
  /** The pause before it answers; default: 300 ms. */
  readonly latencyMs?: number;
  readonly clock?: Clock;
  readonly ids?: Ids;
}

/** One request that was answered. */
export interface DemoModelRequest {
  readonly request: ChatRequest;
  readonly completion: Completion;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

const NAME = 'demo-model';
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Takes the model's place: an OpenAI-compatible server on an unused loopback port that follows simple rules, calls the
 * agent's tools, and says that it is a demo. Accepts any key. No network, no randomness.
 */
export class DemoModel {
  /** `answered`: a request got its answer. */
  readonly events = new EventEmitter<{ answered: [DemoModelRequest] }>().setMaxListeners(0);
  /** The model's name in requests. */
  readonly name = NAME;
  /** The last 1,000 answered requests. */
  readonly requests = new Ring<DemoModelRequest>(1_000);
  /** The pause before it answers; may be changed while it runs. */
  latencyMs: number;
  private readonly closing = new AbortController();
  private readonly clock: Clock;
  private readonly ids: Ids;

  private constructor(
    private readonly server: Server,
    /** For OPENAI_BASE_URL. */
    readonly baseUrl: string,
    { latencyMs = 300, clock = new Clock(), ids = new Ids() }: DemoModelOptions,
  ) {
    this.latencyMs = latencyMs;
    this.clock = clock;
    this.ids = ids;
    server.on('request', (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) writeError(response, 500, String(error));
      });
    });
  }

  static async start(options: DemoModelOptions = {}): Promise<DemoModel> {
    const server = createServer();
    const root = await listenOnLoopback(server);
    return new DemoModel(server, `${root}/v1`, options);
  }

  async stop(): Promise<void> {
    this.closing.abort();
    await stopServer(this.server);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (request.method === 'GET' && path === '/v1/models') return writeJson(response, 200, models);
    if (path !== '/v1/chat/completions') return writeError(response, 404, `Unknown request URL: ${path}`);
    if (request.method !== 'POST')
      return writeError(response, 405, `Not allowed to ${request.method} on ${path}`);
    const startedAt = this.clock.now();
    const chat = readChatRequest(parse(await readBody(request)));
    if (typeof chat === 'string') return writeError(response, 400, chat);
    if (!(await this.think(response))) return;
    const completion = this.complete(chat);
    writeCompletion(response, chat, completion);
    const answered = { request: chat, completion, startedAt, endedAt: this.clock.now() };
    this.requests.push(answered);
    this.events.emit('answered', answered);
  }

  /** @returns false if the caller did not wait for it */
  private async think(response: ServerResponse): Promise<boolean> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.closing.signal]);
    return sleep(this.latencyMs, true, { signal }).catch(() => false);
  }

  private complete(request: ChatRequest): Completion {
    const answer = demoAnswer(request);
    const made = { id: `chatcmpl-${this.ids.next()}`, createdAt: this.clock.now() };
    if (answer.kind === 'text') {
      return { ...made, content: answer.text, toolCalls: [], finishReason: 'stop' };
    }
    const toolCalls = answer.calls.map((call) => ({ ...call, id: `call_${this.ids.next()}` }));
    return { ...made, content: null, toolCalls, finishReason: 'tool_calls' };
  }
}

const models = {
  object: 'list',
  data: [{ id: NAME, object: 'model', created: 0, owned_by: 'turnpike' }],
};

/** Empty if it is larger than 8 MiB, and then refused as invalid JSON. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
