import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, answers, type ProxyFault } from './proxy-faults.js';
import { Seeded } from './seeded.js';

const UP_TO_MS = 40;
/** A call that reaches Telegram after its sender's connection broke is on its way this long. */
const LATE_MS = { least: 300, most: 2_500 };

const makes = new Set(['sendMessage', 'sendRichMessage']);
const changes = new Set(['editMessageText', 'sendMessageDraft']);

/** A call that sends or edits a message, as the network saw it. Times in ms since 1970. */
export interface TelegramCall {
  /** The process that made it. */
  readonly caller: string;
  readonly chat: number;
  /** It sends a message; else it edits one. */
  readonly makes: boolean;
  readonly text: string;
  readonly arrivedAt: number;
  /** The message that it made or edited; null: none. */
  messageId: number | null;
  /** When its caller got the outcome in the Bot API's own words; null: never. */
  toldAt: number | null;
  /** The network fault of the call; null: none, so an abort is the caller's own. */
  fault: ProxyFault | null;
}

interface Order {
  readonly fault: ProxyFault;
  /** Only calls that edit. */
  readonly edits: boolean;
  readonly met: () => void;
}

/** An answer that is held back. */
export interface HeldAnswer {
  /** Resolves when Telegram has answered a call of that process: false without one. */
  readonly taken: Promise<boolean>;
  /** Delivers the answer. */
  release(): void;
}

/**
 * The network between the product and Telegram's double: a request takes time in both directions, so that faults fall
 * between Telegram's acceptance and our record of it. It records each call, whatever either side noticed, and injects
 * the failures of Telegram's calls.
 */
export class TelegramProxy {
  readonly calls: TelegramCall[] = [];
  private readonly random = new Seeded(1);
  private orders: Order[] = [];
  private readonly held = new Map<string, { taken(yes: boolean): void; readonly released: Promise<void> }>();
  /** Groups that became supergroups. */
  private readonly moved = new Map<number, number>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly address: string,
  ) {
    server.on('request', (request, response) => void this.pass(request, response));
  }

  static async to(target: string): Promise<TelegramProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new TelegramProxy(server, new URL(target), `http://127.0.0.1:${address.port}`);
  }

  /** The address of Telegram for this process. */
  rootOf(caller: string): string {
    return `${this.address}/${caller}`;
  }

  /** Makes the next send or edit, or the next edit, fail. `met` is called when one did. */
  failNext(fault: ProxyFault, which: 'any' | 'edit', met: () => void): void {
    this.orders.push({ fault, edits: which === 'edit', met });
  }

  /** Holds back the answer to the next send or edit of this process, which has had its effect. */
  holdAnswer(caller: string): HeldAnswer {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const taken = new Promise<boolean>((resolve) => {
      this.held.get(caller)?.taken(false);
      this.held.set(caller, { taken: resolve, released });
    });
    return { taken, release };
  }

  /** From now on Telegram knows the chat under another id only. */
  moveChat(from: number, to: number): void {
    this.moved.set(from, to);
  }

  /** Forgets unused failures. */
  heal(): void {
    this.orders = [];
    for (const held of this.held.values()) held.taken(false);
    this.held.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A sent call arrives even if its sender is gone by then; its answer is dropped. */
  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const [, caller = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
      const body = await bytesOf(request);
      const call = this.keep(caller, path, body);
      await pause(this.random.int(0, UP_TO_MS));
      const to = call && this.moved.get(call.chat);
      if (to !== undefined && to !== null) return this.tell(response, call, answers.moved(to));
      const fault = (call && this.takeOrder(call))?.fault ?? null;
      if (call) call.fault = fault;
      await this.carry(request, path, body, response, call, fault);
    } catch {
      response.socket?.resetAndDestroy();
    }
  }

  private async carry(
    request: IncomingMessage,
    path: string,
    body: Buffer,
    response: ServerResponse,
    call: TelegramCall | null,
    fault: ProxyFault | null,
  ): Promise<void> {
    switch (fault) {
      case 'limited':
      case 'error':
      case 'page-before':
        return this.tell(response, call, answers[fault]);
      case 'reset-before':
        response.socket?.resetAndDestroy();
        return;
      case 'late':
        response.socket?.resetAndDestroy();
        await pause(this.random.int(LATE_MS.least, LATE_MS.most));
        break;
      case 'hang-after':
      case 'reset-after':
      case 'page-after':
      case null:
    }
    const answer = await this.forward(request, path, body);
    if (call) call.messageId = madeBy(answer, call);
    await pause(this.random.int(0, UP_TO_MS));
    if (call) await this.holdBack(call.caller);
    switch (fault) {
      case 'late':
      case 'hang-after':
        return;
      case 'reset-after':
        response.socket?.resetAndDestroy();
        return;
      case 'page-after':
        return this.tell(response, call, answers['page-after']);
      case null:
        return this.tell(response, call, answer);
    }
  }

  private async holdBack(caller: string): Promise<void> {
    const held = this.held.get(caller);
    if (!held) return;
    this.held.delete(caller);
    held.taken(true);
    await held.released;
  }

  private keep(caller: string, path: string, body: Buffer): TelegramCall | null {
    const method = path.slice(path.lastIndexOf('/') + 1);
    if (!makes.has(method) && !changes.has(method)) return null;
    const params: Record<string, unknown> = JSON.parse(body.toString());
    const call = {
      caller,
      chat: Number(params['chat_id']),
      makes: makes.has(method),
      text: typeof params['text'] === 'string' ? params['text'] : '',
      arrivedAt: Date.now(),
      messageId: null,
      toldAt: null,
      fault: null,
    };
    this.calls.push(call);
    return call;
  }

  private takeOrder(call: TelegramCall): Order | null {
    const index = this.orders.findIndex(({ edits }) => !edits || !call.makes);
    const [order] = index < 0 ? [] : this.orders.splice(index, 1);
    order?.met();
    return order ?? null;
  }

  private async forward(request: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.target;
    const { method, headers } = request;
    const forward = ask({ hostname, port, method, path, headers, agent: false });
    const answered = once(forward, 'response');
    forward.end(body);
    const [answer] = await answered;
    return {
      status: answer.statusCode,
      type: answer.headers['content-type'] ?? '',
      body: (await bytesOf(answer)).toString(),
    };
  }

  private tell(response: ServerResponse, call: TelegramCall | null, { status, type, body }: Answer): void {
    if (call && type.includes('json')) response.once('finish', () => (call.toldAt = Date.now()));
    if (!response.destroyed) response.writeHead(status, { 'content-type': type }).end(body);
  }
}

/** Telegram's answer to an effective call contains the message. */
function madeBy({ body, type }: Answer, { makes: isSend }: TelegramCall): number | null {
  if (!type.includes('json')) return null;
  const { ok, result, description } = JSON.parse(body);
  // The text is there, whichever call wrote it.
  if (!ok) return !isSend && /message is not modified/.test(description) ? 0 : null;
  return Number(result?.message_id ?? 0);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
