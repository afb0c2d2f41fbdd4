import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MessageOrigin, Update } from '@grammyjs/types';
import { Clock } from '../platform/runtime/clock.js';
import { BotApiError } from './bot-api/bot-api-error.js';
import { BotState } from './bot-api/bot-state.js';
import type { Ack, ChatEvent, ChatView, SimulatedUser } from './bot-api/chat-log.js';
import { privateChat, userJson } from './bot-api/message-json.js';
import { pressButton, type PressedButton } from './bot-api/press-button.js';
import type { BotApiMethod } from './bot-api/method-table.js';
import { readPath } from './bot-api/call-path.js';
import { readCall } from './bot-api/read-call.js';
import { listenOnLoopback, stopServer } from './loopback.js';
import { Ring } from './ring.js';

export interface SimulatorOptions {
  /** The only accepted token; default: a made-up one. */
  readonly token?: string;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Chats kept in memory; default: 1,000. */
  readonly maxChats?: number;
  /** Messages kept of each; default: 500. */
  readonly maxMessages?: number;
}

/** One call of the bot. */
export interface BotApiCall {
  /** As documented, whatever case the caller wrote. */
  readonly method: string;
  readonly chatId: number | null;
  /** The refusal's description; null if the call was `ok`. */
  readonly refused: string | null;
}

/**
 * Takes Telegram's place: a Bot API server on an unused loopback port, as strict as the real one, and people who write
 * to the bot. It delivers their updates as Telegram does, to a webhook or by getUpdates. Private chats only; no flood
 * limits or files. It forgets everything when it stops; its ids start from the clock, so that a database that outlives
 * it never takes a new update for an old one.
 *
 * @example
 * const telegram = await BotApiSimulator.start();
 * telegram.deliverTo('http://127.0.0.1:3000/webhook/telegram', secret);
 * telegram.say(1001, { firstName: 'Ada' }, 'Hello');
 */
export class BotApiSimulator {
  /** `chat`: something a page shows has changed; `ack`: the webhook answered a POST; `call`: the bot called. */
  readonly events = new EventEmitter<{ chat: [ChatEvent]; ack: [Ack]; call: [BotApiCall] }>().setMaxListeners(
    0,
  );
  /** The number of calls of each method. */
  readonly calls = new Map<string, number>();
  /** The last 1,000 refused calls. */
  readonly refusals = new Ring<BotApiCall>(1_000);
  /** The last 10,000 answers of the webhook. */
  readonly acks = new Ring<Ack>(10_000);
  private readonly bot: BotState;
  private readonly messageOfUpdate = new Map<number, number>();
  private readonly closing = new AbortController();
  private lastUpdateId: number;

  private constructor(
    private readonly server: Server,
    /** For TELEGRAM_API_ROOT. */
    readonly root: string,
    /** For TELEGRAM_BOT_TOKEN. */
    readonly token: string,
    { clock = new Clock(), maxChats = 1_000, maxMessages = 500 }: SimulatorOptions,
  ) {
    this.lastUpdateId = clock.now().getTime();
    this.bot = new BotState(clock, { maxChats, maxMessages }, (ack) => this.noteAck(ack));
    this.bot.chats.events.on('chat', (event) => this.events.emit('chat', event));
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(options: SimulatorOptions = {}): Promise<BotApiSimulator> {
    const server = createServer();
    const root = await listenOnLoopback(server);
    return new BotApiSimulator(
      server,
      root,
      options.token ?? '1000000001:SIMULATED-not-a-real-token',
      options,
    );
  }

  /**
   * A person writes to the bot: the message shows in the chat and its update waits for delivery.
   * @param chatId of a private chat, so also the user's id: above 0
   * @param origin of a message that the user only forwards
   * @throws RetryLaterError when 1,000 updates of this chat wait already
   */
  say(chatId: number, user: SimulatedUser, text: string, origin?: MessageOrigin): Update {
    this.bot.chats.open(chatId, user);
    const command = /^\/\w{1,32}(@\w+)?/.exec(text)?.[0];
    const entities = command ? [{ type: 'bot_command' as const, offset: 0, length: command.length }] : [];
    const { messageId, at } = this.bot.chats.append(chatId, { from: 'user', text, entities });
    const update: Update = {
      update_id: ++this.lastUpdateId,
      message: {
        message_id: messageId,
        date: Math.floor(at / 1000),
        chat: privateChat(chatId, user),
        from: userJson(chatId, user),
        text,
        ...(entities.length > 0 ? { entities } : {}),
        ...(origin ? { forward_origin: origin } : {}),
      },
    };
    this.rememberUpdate(update.update_id, messageId);
    this.bot.updates.add(chatId, update);
    return update;
  }

  /**
   * The person presses the stop button under the bot's draft:
   * https://core.telegram.org/bots/api#messagegenerationstopped
   * @returns the update, which waits for delivery; null if there is no such button, or the bot did not ask for such
   * updates
   */
  stopGeneration(chatId: number): Update | null {
    const draft = this.bot.chats.stopDraft(chatId);
    const { allowedUpdates } = this.bot;
    if (!draft || (allowedUpdates && !allowedUpdates.includes('stopped_message_generation'))) return null;
    const update: Update = {
      update_id: ++this.lastUpdateId,
      stopped_message_generation: {
        chat: privateChat(chatId, this.bot.chats.userOf(chatId)),
        draft_id: draft.id,
      },
    };
    this.bot.updates.add(chatId, update);
    return update;
  }

  /**
   * The person presses a button under a message of the bot.
   * @returns the update, which waits for delivery; null if there is no such button, or the bot did not ask for such
   * updates
   * @throws RetryLaterError when 1,000 updates of this chat wait already
   */
  press(pressed: PressedButton): Update | null {
    const update_id = this.lastUpdateId + 1;
    const query = pressButton(this.bot, String(update_id), pressed);
    if (!query) return null;
    this.lastUpdateId = update_id;
    const update: Update = { update_id, callback_query: query };
    this.bot.updates.add(pressed.chatId, update);
    return update;
  }

  /** The person edits their message. @returns null if the update is not of a message */
  change({ message }: Update, text: string): Update | null {
    if (!message) return null;
    const editedAt = this.bot.clock.now().getTime();
    this.bot.chats.change(message.chat.id, message.message_id, { text, entities: [], editedAt });
    const edited = { ...message, text, edit_date: Math.floor(editedAt / 1000) };
    const update: Update = { update_id: ++this.lastUpdateId, edited_message: edited };
    this.bot.updates.add(message.chat.id, update);
    return update;
  }

  /** Delivers an update once more, as Telegram does when the answer to a POST was lost on its way. */
  sendAgain(update: Update): void {
    const chatId = (update.message ?? update.callback_query?.message ?? update.stopped_message_generation)
      ?.chat.id;
    if (chatId !== undefined) this.bot.updates.add(chatId, update);
  }

  /** The effect of setWebhook, for a start that knows its own address only after it listens. */
  deliverTo(url: string, secret: string): void {
    this.bot.setWebhook({ url, secret, maxConnections: 40 });
  }

  /** Both sides of a chat; null if no one has written yet. */
  chat(chatId: number): ChatView | null {
    return this.bot.chats.view(chatId);
  }

  /** The most recently active first. */
  chats(): ChatView[] {
    return this.bot.chats.ids().flatMap((chatId) => this.bot.chats.view(chatId) ?? []);
  }

  /** Updates that the bot has not received. */
  get waiting(): number {
    return this.bot.updates.size;
  }

  async stop(): Promise<void> {
    this.closing.abort();
    this.bot.stop();
    await stopServer(this.server);
  }

  private rememberUpdate(updateId: number, messageId: number): void {
    this.messageOfUpdate.set(updateId, messageId);
    const oldest = this.messageOfUpdate.keys().next();
    if (this.messageOfUpdate.size > 10_000 && !oldest.done) this.messageOfUpdate.delete(oldest.value);
  }

  private noteAck(ack: Ack): void {
    this.acks.push(ack);
    const messageId = this.messageOfUpdate.get(ack.updateId);
    if (messageId !== undefined && ack.outcome !== 'duplicate')
      this.bot.chats.change(ack.chatId, messageId, { ack });
    this.events.emit('ack', ack);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      respond(response, 200, { ok: true, result: await this.call(request, response) });
    } catch (error) {
      const refusal = error instanceof BotApiError ? error : new BotApiError(500, 'Internal Server Error');
      const { code, message, parameters } = refusal;
      respond(response, code, {
        ok: false,
        error_code: code,
        description: message,
        ...(parameters ? { parameters } : {}),
      });
    }
  }

  private async call(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.root);
    const { token, method } = readPath(pathname);
    if (token === null) throw new BotApiError(404, 'Not Found');
    if (token !== this.token) throw new BotApiError(401, 'Unauthorized');
    if (request.method !== 'GET' && request.method !== 'POST')
      throw new BotApiError(405, 'Method Not Allowed');
    if (!method) throw new BotApiError(404, 'Not Found: method not found');
    const params = await readCall(request, searchParams);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.closing.signal]);
    return this.counted(method.name, params.integer('chat_id') ?? null, () =>
      method.run(this.bot, params, signal),
    );
  }

  private async counted(
    method: string,
    chatId: number | null,
    run: () => ReturnType<BotApiMethod>,
  ): Promise<unknown> {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    let refused: string | null = null;
    try {
      return await run();
    } catch (error) {
      refused = error instanceof Error ? error.message : String(error);
      this.refusals.push({ method, chatId, refused });
      throw error;
    } finally {
      this.events.emit('call', { method, chatId, refused });
    }
  }
}

function respond(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
