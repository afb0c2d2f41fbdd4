import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type ChatRequest, readChatRequest } from '../../src/playground/chat-completions/chat-request.js';
import { writeCompletion, writeError } from '../../src/playground/chat-completions/write-completion.js';
import { sendStream, sendWhole } from '../support/write-answer.js';
import { tokensOf } from './tokens.js';

/** One request, with the fields that the oracle needs. */
export interface ModelRequest {
  /** Its messages: they belong to one turn. */
  readonly tokens: readonly string[];
  /** The step of the turn that it asks for: the messages behind the user's last one. */
  readonly index: number;
  /** The same when users write in between: the messages behind the last answer. */
  readonly sinceAnswer: number;
  /** The tokens in all of it. */
  readonly seen: readonly string[];
  /** The results of the tools called in this turn so far. */
  readonly toolResults: readonly string[];
  /** The process that asked, by its API key. */
  readonly caller: string;
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  /** When the whole answer was handed to the network; null: never. */
  answeredAt: number | null;
  /** The failure injected into it. */
  fault: ModelFault | null;
}

/** `hang`: no answer; `error`: 500; `reset`: half an answer, and the connection is gone. */
export type ModelFault = 'hang' | 'error' | 'reset';

/**
 * A model over HTTP that answers with the tokens of the new messages, after the delay they ask for (`slow:MS`), and
 * calls tools first (`use:time`, `use:sum`, `use:fact`, `use:remind`), all at once if several are requested.
 */
export class ChaosModel {
  readonly requests: ModelRequest[] = [];
  /** Requests that a real model would have refused. Empty in a healthy run. */
  readonly problems: string[] = [];
  private faults: ModelFault[] = [];
  private answers = 0;

  private constructor(
    private readonly server: Server,
    readonly baseUrl: string,
  ) {
    server.on('request', (request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        this.problems.push(String(error));
        response.destroy();
      });
    });
  }

  static async start(): Promise<ChaosModel> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new ChaosModel(server, `http://127.0.0.1:${address.port}/v1`);
  }

  failNext(fault: ModelFault, times: number): void {
    this.faults.push(...Array.from({ length: times }, () => fault));
  }

  /** Forgets failures not used up. */
  heal(): void {
    this.faults = [];
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = Date.now();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const request = readChatRequest(JSON.parse(Buffer.concat(chunks).toString()));
    if (typeof request === 'string') {
      this.problems.push(request);
      return writeError(response, 400, request);
    }
    const fresh = freshUserTexts(request).join('\n');
    const record: ModelRequest = {
      tokens: tokensOf(fresh),
      seen: tokensOf(request.messages.map(({ text }) => text).join('\n')),
      caller: (incoming.headers.authorization ?? '').replace('Bearer ', ''),
      arrivedAt,
      answeredAt: null,
      fault: null,
      ...progressOf(request),
    };
    this.requests.push(record);
    const slow = [...fresh.matchAll(/\bslow:(\d+)/g)].map(([, ms]) => Number(ms));
    await pause(Math.max(10, ...slow));
    this.answer(request, record, fresh, response);
  }

  private answer(request: ChatRequest, record: ModelRequest, fresh: string, response: ServerResponse): void {
    if (response.destroyed) return;
    const fault = this.faults.shift();
    record.fault = fault ?? null;
    switch (fault) {
      case 'hang':
        return;
      case 'error':
        return writeError(response, 500, 'the model is not well');
      case 'reset':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"id": "half an ans', () => response.destroy());
        return;
      case undefined:
        break;
    }
    response.once('finish', () => (record.answeredAt = Date.now()));
    const number = ++this.answers;
    const calls = record.index === 0 ? callsOf(fresh) : [];
    if (calls.length === 0) return answerWith(request, `heard ${record.tokens.join(' ')}`, fresh, response);
    writeCompletion(response, request, {
      id: `completion-${number}`,
      createdAt: new Date(),
      content: null,
      toolCalls: calls.map((call, position) => ({ ...call, id: `call_${number}_${position}` })),
      finishReason: 'tool_calls',
    });
  }
}

const FILLER = 'and so on, at some length, so that there is something to be seen of it before it is whole. ';
const PIECES = 6;

/** Writes the answer: in pieces over `stream:MS`, if requested, and with as many tokens as `cost:N` says. */
function answerWith(
  { stream, model }: ChatRequest,
  text: string,
  fresh: string,
  response: ServerResponse,
): void {
  const overMs = Number(/\bstream:(\d+)/.exec(fresh)?.[1] ?? 0);
  const cost = Number(/\bcost:(\d+)/.exec(fresh)?.[1] ?? 100);
  const pieces = overMs === 0 ? [text] : [text, '\n\n', ...Array.from({ length: PIECES }, () => FILLER)];
  const said = {
    id: 'answer',
    model,
    finish: 'stop',
    content: pieces.join(''),
    usage: { prompt_tokens: cost, completion_tokens: 10, total_tokens: cost + 10 },
  };
  if (!stream) return sendWhole(response, said);
  void sendStream(response, said, pieces, async () => {
    await pause(overMs / PIECES);
  });
}

/** The turn so far: everything behind the user's last message. */
function progressOf({ messages }: ChatRequest): Pick<ModelRequest, 'index' | 'sinceAnswer' | 'toolResults'> {
  const answered = messages.findLastIndex(
    ({ role, toolCalls }) => role === 'assistant' && toolCalls.length === 0,
  );
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  return {
    index: since.length,
    sinceAnswer: messages.slice(answered + 1).filter(({ role }) => role === 'assistant' || role === 'tool')
      .length,
    toolResults: since.filter(({ role }) => role === 'tool').map(({ text }) => text),
  };
}

/** As the messages ask: `current_time` and `calculate` once, and for each of them `remember` or `remind_me`. */
function callsOf(fresh: string): { name: string; arguments: string }[] {
  const has = (word: string) => fresh.includes(`use:${word}`);
  const each = (word: string) =>
    fresh.split('\n').flatMap((line) => (line.includes(`use:${word}`) ? tokensOf(line) : []));
  const call = (name: string, given: object) => ({ name, arguments: JSON.stringify(given) });
  return [
    ...(has('time') ? [call('current_time', {})] : []),
    ...(has('sum') ? [call('calculate', { expression: '6 * 7' })] : []),
    ...each('fact').map((token) => call('remember', { fact: `asked for by ${token.replace('q', 'f')}` })),
    ...each('remind').map((token) =>
      call('remind_me', { text: `ring ${token.replace('q', 'r')}`, at: '1s' }),
    ),
  ];
}

/** The user's messages since the model's last answer; calls are no answers. */
function freshUserTexts({ messages }: ChatRequest): string[] {
  const answered = messages.findLastIndex(
    ({ role, toolCalls }) => role === 'assistant' && toolCalls.length === 0,
  );
  return messages
    .slice(answered + 1)
    .filter(({ role }) => role === 'user')
    .map(({ text }) => text);
}
