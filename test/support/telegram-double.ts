import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TelegramLimits } from './telegram-limits.js';
import { TelegramMethods, Refusal } from './telegram-methods.js';
import { pathOf, readParams } from './telegram-params.js';

/** One call as it arrived. */
export interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly at: number;
  /** Set if the double refused it, by itself or by a requested failure. */
  refused: string | null;
  /** The call had its effect, whatever its caller received. */
  accepted: boolean;
}

/** The failure of a call. `before` and `after`: its effect. */
export type Failure =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly description: string;
      readonly parameters?: Readonly<Record<string, number>>;
    }
  /** An answer that is not the Bot API's, as a gateway gives it. */
  | {
      readonly kind: 'page';
      readonly status: number;
      readonly when: 'before' | 'after';
      /** Seconds. */
      readonly retryAfter?: number;
    }
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** No answer until the caller gives up. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' };

/** Failures as Telegram words them. */
export const failures = {
  limited: (seconds: number): Failure => ({
    kind: 'answer',
    status: 429,
    description: `Too Many Requests: retry after ${seconds}`,
    parameters: { retry_after: seconds },
  }),
  serverError: { kind: 'answer', status: 500, description: 'Internal Server Error' },
  /** A gateway that could not reach the server behind it, which only the gateway knows. */
  badGateway: { kind: 'page', status: 502, when: 'before' },
  /** A gateway that passed the call on, and did not wait for the answer. */
  gatewayTimeout: { kind: 'page', status: 504, when: 'after' },
  /** A gateway that passed the call on, and asks for a pause. */
  overloaded: (seconds: number): Failure => ({
    kind: 'page',
    status: 503,
    when: 'after',
    retryAfter: seconds,
  }),
  blocked: { kind: 'answer', status: 403, description: 'Forbidden: bot was blocked by the user' },
  unauthorised: { kind: 'answer', status: 401, description: 'Unauthorized' },
  moved: (to: number): Failure => ({
    kind: 'answer',
    status: 400,
    description: 'Bad Request: group chat was upgraded to a supergroup chat',
    parameters: { migrate_to_chat_id: to },
  }),
  badRequest: (description: string): Failure => ({
    kind: 'answer',
    status: 400,
    description: `Bad Request: ${description}`,
  }),
  resetBefore: { kind: 'reset', when: 'before' },
  resetAfter: { kind: 'reset', when: 'after' },
  hangBefore: { kind: 'hang', when: 'before' },
  hangAfter: { kind: 'hang', when: 'after' },
} as const satisfies Record<string, Failure | ((argument: never) => Failure)>;

export interface FailureOrder {
  readonly method: string;
  /** Default: any chat. */
  readonly chat?: number;
  /** Default 1. */
  readonly times?: number;
  readonly with: Failure;
}

/**
 * A Bot API server over HTTP, as strict as Telegram, for tests: point `TELEGRAM_API_ROOT` at `root` and
 * `TELEGRAM_BOT_TOKEN` at `token`.
 *
 * @example
 * const telegram = await TelegramDouble.start();
 * telegram.failNext({ method: 'sendMessage', with: failures.limited(1) });
 * expect(telegram.textsOf(chat)).toEqual(['Hello']);
 */
export class TelegramDouble {
  readonly calls: Call[] = [];
  /** If set, it answers 429 past these limits. */
  limits: TelegramLimits | null = null;
  private readonly orders: { order: FailureOrder; left: number }[] = [];
  /** The bots of this server, by token. */
  private readonly bots = new Map<string, TelegramDouble>();

  private constructor(
    readonly token: string,
    private readonly server: ReturnType<typeof createServer>,
    private readonly methods = new TelegramMethods(),
  ) {
    this.bots.set(token, this);
  }

  static async start({ token = '123456:TEST-token_of_the_double', port = 0 } = {}): Promise<TelegramDouble> {
    const server = createServer();
    const double = new TelegramDouble(token, server);
    server.on('request', (request, response) => void double.answer(request, response));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return double;
  }

  /** Another bot on the same server, with calls, chats, updates and failures of its own. */
  addBot(username: string, id = 654_321): TelegramDouble {
    const methods = new TelegramMethods({ id, is_bot: true, first_name: username, username });
    const bot = new TelegramDouble(`${id}:TEST-token_of_${username}`, this.server, methods);
    this.bots.set(bot.token, bot);
    return bot;
  }

  /** The value of `TELEGRAM_API_ROOT`. */
  get root(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the double does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  get bot() {
    return this.methods.bot;
  }

  get webhook() {
    return this.methods.webhook;
  }

  /** The texts a chat shows, in order, edits applied. */
  textsOf(chat: number): readonly string[] {
    return this.methods.shown.filter((message) => message.chat === chat).map((message) => message.text);
  }

  /** The messages a chat shows, in order, edits applied. */
  messagesOf(chat: number): readonly { readonly messageId: number; readonly text: string }[] {
    return this.methods.shown.filter((message) => message.chat === chat);
  }

  /** The preview that a private chat shows. */
  draftOf(chat: number): string | null {
    return this.methods.drafts.get(chat) ?? null;
  }

  /** The bot's reaction to a message. */
  reactionTo(chat: number, messageId: number): string | null {
    return this.methods.reactions.get(`${chat}:${messageId}`) ?? null;
  }

  callsOf(method: string, chat?: number): readonly Call[] {
    return this.calls.filter(
      (call) => call.method === method && (chat === undefined || chatOf(call.params) === chat),
    );
  }

  /** A user's role in a group; an unnamed user is not a member. */
  join(chat: number, user: number, status: 'creator' | 'administrator' | 'member' | 'kicked'): void {
    this.methods.members.set(`${chat}:${user}`, status);
  }

  /** A person has sent this file: `getFile` finds it by its id, and its content can be downloaded. */
  keep(fileId: string, content: Buffer | string): void {
    this.methods.files.set(fileId, Buffer.from(content));
  }

  /** The text of the one message that answers a guest query. */
  guestTextOf(queryId: string): string | undefined {
    return this.methods.guestTexts.get(queryId);
  }

  /** Downloads, by file id. */
  readonly downloads: string[] = [];

  /** Makes the next matching calls fail; several requests are used up in their order. */
  failNext(order: FailureOrder): void {
    this.orders.push({ order, left: order.times ?? 1 });
  }

  /** Forgets unused failures. */
  heal(): void {
    this.orders.length = 0;
  }

  /** Gives the bot an update to fetch with getUpdates. */
  push(...updates: readonly object[]): void {
    this.methods.push(...updates);
  }

  async close(): Promise<void> {
    for (const bot of this.bots.values()) bot.methods.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, fileToken, fileId = ''] =
      /^\/file\/bot([^/]+)\/files\/(.+)$/.exec(decodeURIComponent(pathOf(request))) ?? [];
    if (fileToken !== undefined) {
      const bot = this.bots.get(fileToken);
      return bot ? bot.download(fileId, response) : refuse(response, new Refusal(404, 'Not Found'));
    }
    const [, token, name = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(decodeURIComponent(pathOf(request))) ?? [];
    if (token === undefined) return refuse(response, new Refusal(404, 'Not Found'));
    const params = await readParams(request);
    const bot = this.bots.get(token);
    if (!bot) return refuse(response, new Refusal(401, 'Unauthorized'));
    if (params === null) return refuse(response, new Refusal(400, "Bad Request: can't parse the request"));
    await bot.call(name, params, request, response);
  }

  private async call(
    name: string,
    params: Call['params'],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const method = this.methods.find(name);
    const call: Call = {
      method: method?.name ?? name,
      params,
      at: Date.now(),
      refused: null,
      accepted: false,
    };
    this.calls.push(call);
    if (!method) return refuse(response, new Refusal(404, 'Not Found: method not found'), call);

    if (this.limits?.admit(call) === false) {
      const { status, description, parameters } = tooMany;
      return refuse(response, new Refusal(status, description, parameters), call);
    }
    const failure = this.takeFailure(call);
    if (failure && failNow(failure, response, call)) return;
    try {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const result = await method.run(params, gone.signal);
      call.accepted = true;
      if (failure?.kind === 'page') sendPage(response, failure);
      else if (failure?.kind === 'reset') request.socket.resetAndDestroy();
      else if (!failure) send(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(response, error, call);
    }
  }

  private download(fileId: string, response: ServerResponse): void {
    const content = this.methods.files.get(fileId);
    if (!content) return refuse(response, new Refusal(404, 'Not Found'));
    this.downloads.push(fileId);
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(content);
  }

  private takeFailure(call: Call): Failure | null {
    const entry = this.orders.find(
      ({ order, left }) =>
        left > 0 &&
        order.method === call.method &&
        (order.chat === undefined || order.chat === chatOf(call.params)),
    );
    if (!entry) return null;
    entry.left--;
    return entry.order.with;
  }
}

const tooMany = {
  status: 429,
  description: 'Too Many Requests: retry after 1',
  parameters: { retry_after: 1 },
};

/** Fails before the call has its effect; false if the effect comes first. */
function failNow(failure: Failure, response: ServerResponse, call: Call): boolean {
  switch (failure.kind) {
    case 'answer':
      refuse(response, new Refusal(failure.status, failure.description, failure.parameters), call);
      return true;
    case 'page':
      if (failure.when === 'before') sendPage(response, failure);
      return failure.when === 'before';
    case 'reset':
      if (failure.when === 'before') response.socket?.resetAndDestroy();
      return failure.when === 'before';
    case 'hang':
      return failure.when === 'before';
  }
}

function refuse(response: ServerResponse, { status, description, parameters }: Refusal, call?: Call): void {
  if (call) call.refused = description;
  send(response, status, { ok: false, error_code: status, description, ...(parameters && { parameters }) });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendPage(
  response: ServerResponse,
  { status, retryAfter }: Extract<Failure, { kind: 'page' }>,
): void {
  const pause = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(status, { 'content-type': 'text/html', ...pause }).end(`<h1>${status}</h1>`);
}

function chatOf(params: Readonly<Record<string, unknown>>): number {
  return Number(params['chat_id']);
}
