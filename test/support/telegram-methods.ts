import { EventEmitter, once } from 'node:events';
import { BotApiError } from '../../src/playground/bot-api/bot-api-error.js';
import { richTextOf, textProblem } from './telegram-text-rules.js';

type Params = Readonly<Record<string, unknown>>;

/** The Bot API's error answer (https://core.telegram.org/bots/api#making-requests). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly description: string,
    readonly parameters?: Readonly<Record<string, number>>,
  ) {
    super(description);
  }
}

export interface Method {
  readonly name: string;
  /** @param gone aborted when the caller hangs up */
  run(params: Params, gone: AbortSignal): unknown;
}

interface Shown {
  readonly chat: number;
  readonly messageId: number;
  text: string;
}

/** The methods of one bot and their state. */
export class TelegramMethods {
  readonly shown: Shown[] = [];
  /** The visible drafts of private chats. */
  readonly drafts = new Map<number, string>();
  /** By chat and message. */
  readonly reactions = new Map<string, string>();
  webhook: Params & { readonly url: string } = { url: '' };

  private updates: { readonly id: number; readonly update: object }[] = [];
  private commands: unknown = [];
  private lastMessageId = 1_000;
  private readonly changed = new EventEmitter().setMaxListeners(0);
  private poller: AbortController | null = null;

  constructor(readonly bot = { id: 123_456, is_bot: true, first_name: 'Double', username: 'double_bot' }) {}

  private readonly byName: Readonly<Record<string, (params: Params, gone: AbortSignal) => unknown>> = {
    getMe: () => ({ ...this.bot, can_join_groups: true, can_read_all_group_messages: false }),
    getWebhookInfo: () => ({ ...this.webhook, pending_update_count: this.updates.length }),
    setWebhook: (params) => this.setWebhook(params),
    deleteWebhook: (params) => this.deleteWebhook(params),
    getUpdates: (params, gone) => this.getUpdates(params, gone),
    sendMessage: (params) => this.sendMessage(params),
    sendRichMessage: (params) => this.sendMessage(params),
    editMessageText: (params) =>
      'inline_message_id' in params ? this.editGuestMessage(params) : this.editMessageText(params),
    deleteMessage: (params) => this.deleteMessage(params),
    sendMessageDraft: (params) => this.sendMessageDraft(params),
    sendChatAction: (params) => this.sendChatAction(params),
    setMessageReaction: (params) => this.setMessageReaction(params),
    getChatMember: (params) => this.getChatMember(params),
    getChatAdministrators: (params) => this.getChatAdministrators(params),
    answerCallbackQuery: () => true,
    answerInlineQuery: () => true,
    answerPreCheckoutQuery: () => true,
    answerShippingQuery: () => true,
    getFile: (params) => this.getFile(params),
    answerGuestQuery: (params) => this.answerGuestQuery(params),
    setMyCommands: ({ commands }) => {
      this.commands = commands;
      return true;
    },
    getMyCommands: () => this.commands,
  };

  /** The one message of each guest query, by the query's id. */
  readonly guestTexts = new Map<string, string>();

  /** https://core.telegram.org/bots/api#answerguestquery */
  private answerGuestQuery({ guest_query_id: id, result }: Params) {
    if (this.guestTexts.has(String(id))) throw new Refusal(400, 'Bad Request: QUERY_ID_INVALID');
    this.guestTexts.set(String(id), String(Object(Object(result).input_message_content).message_text));
    return { inline_message_id: `inline-${String(id)}` };
  }

  private editGuestMessage({ inline_message_id: id, text }: Params): true {
    const query = String(id).replace('inline-', '');
    if (!this.guestTexts.has(query)) throw new Refusal(400, 'Bad Request: MESSAGE_ID_INVALID');
    if (this.guestTexts.get(query) === text) throw new Refusal(400, 'Bad Request: message is not modified');
    this.guestTexts.set(query, String(text));
    return true;
  }

  /** By chat and user: their role; everyone else has left. */
  readonly members = new Map<string, 'creator' | 'administrator' | 'member' | 'kicked'>();

  /** https://core.telegram.org/bots/api#getchatmember */
  private getChatMember(params: Params): object {
    const chat = chatOf(params);
    const user = Number(params['user_id']);
    if (!Number.isSafeInteger(user) || user <= 0)
      throw new Refusal(400, 'Bad Request: invalid user_id specified');
    const status = this.members.get(`${chat}:${user}`);
    if (status === undefined) throw new Refusal(400, 'Bad Request: member not found');
    return { status, user: { id: user, is_bot: false, first_name: 'Ada' } };
  }

  /** https://core.telegram.org/bots/api#getchatadministrators */
  private getChatAdministrators(params: Params): object {
    const chat = chatOf(params);
    if (chat > 0) throw new Refusal(400, 'Bad Request: there are no administrators in the private chat');
    return [...this.members].flatMap(([key, status]) => {
      const [group, user] = key.split(':').map(Number);
      const isAdmin = group === chat && (status === 'creator' || status === 'administrator');
      return isAdmin ? [{ status, user: { id: user, is_bot: false, first_name: 'Ada' } }] : [];
    });
  }

  /** Sent files, by their id. */
  readonly files = new Map<string, Buffer>();

  /** https://core.telegram.org/bots/api#getfile */
  private getFile({ file_id: id }: Params) {
    const content = this.files.get(String(id));
    if (!content) throw new Refusal(400, 'Bad Request: wrong file_id or the file is temporarily unavailable');
    if (content.length > 20_000_000) throw new Refusal(400, 'Bad Request: file is too big');
    return {
      file_id: id,
      file_unique_id: `u${String(id)}`,
      file_size: content.length,
      file_path: `files/${String(id)}`,
    };
  }

  /** Telegram compares method names without case. */
  find(name: string): Method | null {
    const found = Object.entries(this.byName).find(([known]) => known.toLowerCase() === name.toLowerCase());
    return found ? { name: found[0], run: found[1] } : null;
  }

  push(...updates: readonly object[]): void {
    for (const update of updates) {
      this.updates.push({ id: Number(Reflect.get(update, 'update_id')), update });
    }
    this.changed.emit('change');
  }

  close(): void {
    this.poller?.abort();
  }

  private setWebhook(params: Params): true {
    const { url, secret_token: secret } = params;
    if (typeof url !== 'string' || (url !== '' && !url.startsWith('https://'))) {
      throw new Refusal(400, 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook');
    }
    if (secret !== undefined && !(typeof secret === 'string' && /^[\w-]{1,256}$/.test(secret))) {
      throw new Refusal(400, 'Bad Request: secret token contains unallowed characters');
    }
    this.dropIfAsked(params);
    this.webhook = { ...params, url };
    this.poller?.abort(new Refusal(409, 'Conflict: terminated by setWebhook request'));
    return true;
  }

  private deleteWebhook(params: Params): true {
    this.dropIfAsked(params);
    this.webhook = { url: '' };
    return true;
  }

  private dropIfAsked(params: Params): void {
    if (params['drop_pending_updates'] === true) this.updates = [];
  }

  private async getUpdates(params: Params, gone: AbortSignal): Promise<readonly object[]> {
    if (this.webhook.url !== '') {
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    const other =
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running';
    this.poller?.abort(new Refusal(409, other));
    const poller = new AbortController();
    this.poller = poller;
    const { offset, limit = 100, timeout = 0 } = params;
    if (offset !== undefined) this.updates = this.updates.filter(({ id }) => id >= Number(offset));
    const deadline = AbortSignal.timeout(Number(timeout) * 1_000);
    const end = AbortSignal.any([gone, poller.signal, deadline]);
    while (this.updates.length === 0 && !end.aborted) {
      await once(this.changed, 'change', { signal: end }).catch(() => {});
    }
    if (this.poller === poller) this.poller = null;
    if (poller.signal.reason instanceof Refusal) throw poller.signal.reason;
    return this.updates.slice(0, Number(limit)).map(({ update }) => update);
  }

  private sendMessage(params: Params): object {
    const chat = chatOf(params);
    const text = textOf(params);
    const message = { chat, messageId: ++this.lastMessageId, text };
    this.shown.push(message);
    this.drafts.delete(chat);
    return this.describe(message);
  }

  private editMessageText(params: Params): object {
    const chat = chatOf(params);
    const text = textOf(params);
    const message = this.shown.find(
      (one) => one.chat === chat && one.messageId === Number(params['message_id']),
    );
    if (!message) throw new Refusal(400, 'Bad Request: message to edit not found');
    if (message.text === text) {
      throw new Refusal(
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as ' +
          'a current content and reply markup of the message',
      );
    }
    message.text = text;
    return this.describe(message);
  }

  private deleteMessage(params: Params): true {
    const chat = chatOf(params);
    const index = this.shown.findIndex(
      (one) => one.chat === chat && one.messageId === Number(params['message_id']),
    );
    if (index < 0) throw new Refusal(400, 'Bad Request: message to delete not found');
    this.shown.splice(index, 1);
    return true;
  }

  private sendMessageDraft(params: Params): true {
    const chat = chatOf(params);
    if (chat < 0) throw new Refusal(400, 'Bad Request: TEXTDRAFT_PEER_INVALID');
    const id = Number(params['draft_id']);
    if (!Number.isSafeInteger(id) || id === 0)
      throw new Refusal(400, 'Bad Request: MESSAGE_DRAFT_ID_INVALID');
    this.drafts.set(chat, textOf(params));
    return true;
  }

  private setMessageReaction(params: Params): true {
    const key = `${chatOf(params)}:${Number(params['message_id'])}`;
    const [reaction] = Array.isArray(params['reaction']) ? params['reaction'] : [];
    if (reaction === undefined) this.reactions.delete(key);
    else if (reactionEmoji.has(reaction.emoji)) this.reactions.set(key, reaction.emoji);
    else throw new Refusal(400, 'Bad Request: REACTION_INVALID');
    return true;
  }

  private sendChatAction(params: Params): true {
    chatOf(params);
    if (typeof params['action'] !== 'string')
      throw new Refusal(400, 'Bad Request: wrong parameter action in request');
    return true;
  }

  private describe({ chat, messageId, text }: Shown): object {
    const type = chat > 0 ? 'private' : 'supergroup';
    return {
      message_id: messageId,
      date: Math.floor(Date.now() / 1_000),
      chat: { id: chat, type },
      from: this.bot,
      text,
    };
  }
}

/** Some of the fixed set that bots may use: https://core.telegram.org/bots/api#reactiontypeemoji */
const reactionEmoji = new Set(['👍', '👎', '❤', '🔥', '👏', '🤔', '🎉', '🙏', '👌', '👀', '✍', '🤝']);

function chatOf(params: Params): number {
  const { chat_id: chat, message_thread_id: thread } = params;
  if (chat === undefined || chat === '') throw new Refusal(400, 'Bad Request: chat_id is empty');
  const id = Number(chat);
  if (!Number.isSafeInteger(id) || id === 0) throw new Refusal(400, 'Bad Request: chat not found');
  if (thread !== undefined && !Number.isSafeInteger(Number(thread))) {
    throw new Refusal(400, 'Bad Request: message thread not found');
  }
  return id;
}

/** The visible text of a call's text or rich message. */
function textOf(params: Params): string {
  const rich = richTextOf(params);
  if (rich instanceof BotApiError) throw new Refusal(rich.code, rich.message);
  if (rich !== null) return rich;
  const problem = textProblem(params);
  if (problem !== null) throw new Refusal(400, problem);
  return String(params['text']);
}
