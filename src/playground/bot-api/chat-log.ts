import { EventEmitter } from 'node:events';
import type { Clock } from '../../platform/runtime/clock.js';
import { badRequest } from './bot-api-error.js';
import type { Entity, FormattedText } from './formatted-text.js';
import { isSeen, type MessageDraft } from './message-draft.js';

/** The person on the other side of a private chat. */
export interface SimulatedUser {
  readonly firstName: string;
  readonly lastName?: string;
  readonly username?: string;
  readonly languageCode?: string;
}

/** The webhook's last answer to an update. */
export interface Ack {
  readonly updateId: number;
  readonly chatId: number;
  /** The HTTP status; 0 if no answer came. */
  readonly status: number;
  /** The `status` of the answer's body: `queued`, `duplicate`, `ignored`; null if it has none. */
  readonly outcome: string | null;
  /** From the first byte sent to the answer read, in milliseconds. */
  readonly milliseconds: number;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** One message of a chat as both sides see it, edits applied. */
export interface ChatMessage {
  readonly messageId: number;
  readonly from: 'user' | 'bot';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly entities: readonly Entity[];
  /** The `rich_message` of a rich message; `text` is its visible text. */
  readonly rich: object | null;
  readonly editedAt: number | null;
  readonly replyTo: number | null;
  readonly replyMarkup: unknown;
  /** `photo` or `document` if the text is a caption. */
  readonly attachment: string | null;
  readonly reaction: string | null;
  /** The webhook's answer to a user's message: null until it came, and always where updates are polled. */
  readonly ack: Ack | null;
}

/** A whole chat at one moment. */
export interface ChatView {
  readonly chatId: number;
  readonly user: SimulatedUser;
  readonly messages: readonly ChatMessage[];
  /** The bot's last chat action, while it is visible: 5 s or until the bot sends. */
  readonly action: string | null;
  /** While it is visible: 30 s or until the bot sends. */
  readonly draft: MessageDraft | null;
}

/** The events that a page needs to follow a chat. */
export type ChatEvent =
  | { readonly kind: 'message'; readonly chatId: number; readonly message: ChatMessage }
  | { readonly kind: 'removed'; readonly chatId: number; readonly messageId: number }
  | { readonly kind: 'action'; readonly chatId: number; readonly action: string }
  /** The bot answered a pressed button of this message; an empty text shows nothing. */
  | {
      readonly kind: 'pressed';
      readonly chatId: number;
      readonly messageId: number;
      readonly text: string;
    }
  | { readonly kind: 'draft'; readonly chatId: number; readonly draft: MessageDraft | null };

export interface ChatLimits {
  /** Chats kept; the one that was quiet the longest is forgotten. */
  readonly maxChats: number;
  /** Messages kept of a chat; the oldest are forgotten. */
  readonly maxMessages: number;
}

export type NewMessage = FormattedText &
  Pick<ChatMessage, 'from'> &
  Partial<Pick<ChatMessage, 'rich' | 'replyTo' | 'replyMarkup' | 'attachment'>>;

interface Chat {
  readonly user: SimulatedUser;
  readonly messages: Map<number, ChatMessage>;
  action: { readonly name: string; readonly at: number } | null;
  draft: MessageDraft | null;
}

/** https://core.telegram.org/bots/api#sendchataction: shown for 5 seconds or less. */
const ACTION_SHOWS_MS = 5_000;

/** The chats of the simulator: private ones, begun by their user. Every change is emitted on `events`. */
export class ChatLog {
  readonly events = new EventEmitter<{ chat: [ChatEvent] }>().setMaxListeners(0);
  /** In the order of their last activity. */
  private readonly chats = new Map<number, Chat>();
  private lastMessageId: number;

  constructor(
    private readonly clock: Clock,
    private readonly limits: ChatLimits,
  ) {
    this.lastMessageId = Math.floor(clock.now().getTime() / 1000);
  }

  /** Finds or begins the chat of a user. */
  open(chatId: number, user: SimulatedUser): void {
    if (this.chats.has(chatId)) return;
    this.chats.set(chatId, { user, messages: new Map(), action: null, draft: null });
    const quietest = this.chats.keys().next();
    if (this.chats.size > this.limits.maxChats && !quietest.done) this.chats.delete(quietest.value);
  }

  /** The ids of all chats, the most recently active first. */
  ids(): number[] {
    return [...this.chats.keys()].toReversed();
  }

  /** @returns null for a chat that does not exist or was forgotten */
  view(chatId: number): ChatView | null {
    const chat = this.chats.get(chatId);
    if (!chat) return null;
    const now = this.clock.now().getTime();
    const showing = chat.action && now - chat.action.at < ACTION_SHOWS_MS;
    return {
      chatId,
      user: chat.user,
      messages: [...chat.messages.values()],
      action: showing && chat.action ? chat.action.name : null,
      draft: isSeen(chat.draft, now) ? chat.draft : null,
    };
  }

  /** @throws BotApiError `chat not found` */
  userOf(chatId: number): SimulatedUser {
    return this.find(chatId).user;
  }

  message(chatId: number, messageId: number): ChatMessage | null {
    return this.find(chatId).messages.get(messageId) ?? null;
  }

  /** @throws BotApiError `chat not found` */
  append(chatId: number, { rich, replyTo, replyMarkup, attachment, ...written }: NewMessage): ChatMessage {
    const chat = this.find(chatId);
    const message: ChatMessage = {
      ...written,
      messageId: ++this.lastMessageId,
      at: this.clock.now().getTime(),
      rich: rich ?? null,
      editedAt: null,
      replyTo: replyTo ?? null,
      replyMarkup: replyMarkup ?? null,
      attachment: attachment ?? null,
      reaction: null,
      ack: null,
    };
    if (written.from === 'bot') this.endPreview(chatId, chat);
    this.chats.delete(chatId);
    this.chats.set(chatId, chat);
    this.store(chatId, chat, message);
    return message;
  }

  /** Applies a change to a message that is still kept. */
  change(chatId: number, messageId: number, change: Partial<ChatMessage>): ChatMessage | null {
    const chat = this.chats.get(chatId);
    const message = chat?.messages.get(messageId);
    if (!chat || !message) return null;
    const changed = { ...message, ...change };
    this.store(chatId, chat, changed);
    return changed;
  }

  remove(chatId: number, messageId: number): boolean {
    const removed = this.find(chatId).messages.delete(messageId);
    if (removed) this.events.emit('chat', { kind: 'removed', chatId, messageId });
    return removed;
  }

  showAction(chatId: number, name: string): void {
    this.find(chatId).action = { name, at: this.clock.now().getTime() };
    this.events.emit('chat', { kind: 'action', chatId, action: name });
  }

  answerPress(chatId: number, messageId: number, text: string): void {
    this.events.emit('chat', { kind: 'pressed', chatId, messageId, text });
  }

  showDraft(chatId: number, shown: Omit<MessageDraft, 'at'>): void {
    const draft = { ...shown, at: this.clock.now().getTime() };
    this.find(chatId).draft = draft;
    this.events.emit('chat', { kind: 'draft', chatId, draft });
  }

  /** The user presses the button under the bot's draft. @returns the draft; null if there is no such button */
  stopDraft(chatId: number): MessageDraft | null {
    const chat = this.chats.get(chatId);
    if (!chat?.draft?.canStop || !isSeen(chat.draft, this.clock.now().getTime())) return null;
    const { draft } = chat;
    chat.draft = draft.keepOnStop ? { ...draft, canStop: false } : null;
    this.events.emit('chat', { kind: 'draft', chatId, draft: chat.draft });
    return draft;
  }

  private find(chatId: number): Chat {
    const chat = this.chats.get(chatId);
    if (!chat) throw badRequest('chat not found');
    return chat;
  }

  /** A message of the bot ends its typing and its draft. */
  private endPreview(chatId: number, chat: Chat): void {
    chat.action = null;
    if (chat.draft === null) return;
    chat.draft = null;
    this.events.emit('chat', { kind: 'draft', chatId, draft: null });
  }

  private store(chatId: number, chat: Chat, message: ChatMessage): void {
    chat.messages.set(message.messageId, message);
    const oldest = chat.messages.keys().next();
    if (chat.messages.size > this.limits.maxMessages && !oldest.done) chat.messages.delete(oldest.value);
    this.events.emit('chat', { kind: 'message', chatId, message });
  }
}
