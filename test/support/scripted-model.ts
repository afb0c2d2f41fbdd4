import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ModelCall, readCall, readJson } from './model-call.js';
import { TranscriptionDouble } from './transcription-double.js';
import { type Said, sendJson, sendStream, sendWhole } from './write-answer.js';

/** The model's answer to one request. */
export type Answer =
  | { readonly text: string | null; readonly finish?: string; readonly refusal?: string }
  | { readonly calls: readonly ToolRequest[] }
  /** A text in pieces, if a stream was requested; each but the first when `hold` releases it. */
  | { readonly pieces: readonly string[]; readonly hold: Hold }
  /** An error as OpenAI words it. */
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Any body with status 200. */
  | { readonly raw: string }
  | { readonly fault: 'reset' | 'hang' };

export interface ToolRequest {
  readonly name: string;
  /** An object is written as JSON; a string stands as it is, JSON or not. */
  readonly arguments: object | string;
}

/** Held requests. */
export interface Hold {
  /** The number of waiting ones. */
  readonly waiting: number;
  /** Releases all waiting and later ones. */
  release(): void;
}

interface Rule {
  readonly about: string;
  readonly answers: Answer[];
}

/** In a provider's form. */
interface Usage {
  readonly prompt_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens: number;
}

/**
 * An OpenAI-compatible model over HTTP that follows scripts: point `OPENAI_BASE_URL` at `baseUrl`. Without a script it
 * answers `Echo: ` and the newest message.
 *
 * @example
 * model.script('the weather', { calls: [{ name: 'current_time', arguments: {} }] }, { text: 'Sunny' });
 * const held = model.hold('slow');
 */
export class ScriptedModel {
  readonly calls: ModelCall[] = [];
  readonly transcriptions = new TranscriptionDouble();
  /** The usage that every answer reports; null: none. */
  usage: Usage | null = { prompt_tokens: 10, completion_tokens: 5 };
  private readonly rules: Rule[] = [];
  private readonly holds: { readonly about: string; readonly gate: Gate }[] = [];
  private count = 0;
  private toolCalls = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(): Promise<ScriptedModel> {
    const server = createServer();
    const model = new ScriptedModel(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return model;
  }

  /** The value of `OPENAI_BASE_URL`. */
  get baseUrl(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the double does not listen');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** Answers requests whose newest user message contains `about`, one after the other; the last answer is repeated. */
  script(about: string, ...answers: Answer[]): void {
    this.rules.unshift({ about, answers });
  }

  /** Holds back requests one of whose new user messages contains `about`. */
  hold(about: string): Hold {
    const gate = new Gate();
    this.holds.push({ about, gate });
    return gate;
  }

  /** A gate for the pieces of one answer. */
  gate(): Hold {
    return new Gate();
  }

  releaseAll(): void {
    for (const { gate } of this.holds) gate.release();
  }

  /** The requests one of whose new user messages contains `about`. */
  callsAbout(about: string): ModelCall[] {
    return this.calls.filter(({ news }) => news.some((text) => text.includes(about)));
  }

  async close(): Promise<void> {
    this.releaseAll();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/v1/audio/transcriptions') return await this.transcriptions.serve(request, response);
    const body = await readJson(request);
    if (request.url !== '/v1/chat/completions')
      return sendJson(response, 404, { error: { message: 'not found' } });
    const call = readCall(body, request.headers.authorization ?? null, ++this.count);
    this.calls.push(call);
    response.on('close', () => {
      call.abandoned = !response.writableFinished;
      call.end ??= ++this.count;
    });
    for (const { about, gate } of this.holds) {
      if (call.news.some((text) => text.includes(about))) await gate.pass(response);
    }
    // No listener any more: the script keeps its answer.
    if (response.destroyed) return;
    this.give(response, call, this.answerTo(call));
  }

  private answerTo({ news }: ModelCall): Answer {
    const newest = news.at(-1) ?? '';
    const rule = this.rules.find(({ about }) => newest.includes(about));
    if (!rule) return { text: `Echo: ${newest}` };
    const next = rule.answers.length > 1 ? rule.answers.shift() : rule.answers[0];
    return next ?? { text: null };
  }

  private give(response: ServerResponse, call: ModelCall, answer: Answer): void {
    // Before the answer is sent: the caller's next action comes after it.
    if (!('fault' in answer)) call.end = ++this.count;
    if ('fault' in answer) {
      if (answer.fault === 'reset') response.socket?.resetAndDestroy();
    } else if ('raw' in answer) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer.raw);
    } else if ('status' in answer) {
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
      const message = answer.message ?? `scripted ${answer.status}`;
      sendJson(response, answer.status, {
        error: { message, type: 'error', code: answer.code ?? null, param: null },
      });
    } else if ('calls' in answer) {
      const toolCalls = this.requests(answer.calls);
      this.say(response, call, { finish: 'tool_calls', content: null, toolCalls }, []);
    } else if ('pieces' in answer) {
      this.say(
        response,
        call,
        { finish: 'stop', content: answer.pieces.join('') },
        answer.pieces,
        answer.hold,
      );
    } else {
      const { text, finish = 'stop', refusal = null } = answer;
      this.say(response, call, { finish, content: text, refusal }, text === null ? [] : [text]);
    }
  }

  /** As a stream, if one was requested. */
  private say(
    response: ServerResponse,
    call: ModelCall,
    what: Pick<Said, 'finish' | 'content' | 'refusal' | 'toolCalls'>,
    pieces: readonly string[],
    hold?: Hold,
  ): void {
    const said = { id: `completion-${call.begin}`, model: call.model, usage: this.usage, ...what };
    const pause = () => (hold instanceof Gate ? hold.pass(response) : Promise.resolve());
    if (call.streamed) void sendStream(response, said, pieces, pause);
    else sendWhole(response, said);
  }

  private requests(calls: readonly ToolRequest[]): object[] {
    return calls.map(({ name, arguments: given }) => ({
      id: `call_${++this.toolCalls}`,
      type: 'function',
      function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
    }));
  }
}

class Gate implements Hold {
  private readonly held = new Set<() => void>();
  private open = false;

  get waiting(): number {
    return this.held.size;
  }

  release(): void {
    this.open = true;
    for (const go of this.held) go();
    this.held.clear();
  }

  async pass(response: ServerResponse): Promise<void> {
    if (this.open) return;
    await new Promise<void>((resolve) => {
      this.held.add(resolve);
      response.on('close', () => {
        this.held.delete(resolve);
        resolve();
      });
    });
  }
}
