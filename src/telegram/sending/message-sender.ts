import { Logger } from '@nestjs/common';
import type { Destination, ReplyBody, SendOutcome } from '../../channel/channel.js';
import { ChannelMessageId, NO_THREAD } from '../../channel/ids.js';
import { BotApi } from '../bot-api/bot-api.js';
import { addressOf, guestAnswerOf, guestVia, routeParams } from '../updates/chat-route.js';
import { integerOf } from '../bot-api/update-fields.js';
import { GuestMessages } from './guest-messages.js';
import { buttonsOf, readBody, replyOf, type TelegramMessage, messageText, unreadable } from './reply-body.js';
import { isFormattingRefusal, isThreadRefusal, outcomeOf, saysSoAlready } from './send-outcome.js';

/** Sends messages to chats, in the richest form and the place that Telegram accepts; each call once. */
export class MessageSender {
  private readonly logger = new Logger(MessageSender.name);

  constructor(
    private readonly botApi: BotApi,
    private readonly guests: GuestMessages,
  ) {}

  /**
   * Sends one message (https://core.telegram.org/bots/api#sendmessage, #sendrichmessage). If Telegram refuses its form,
   * nothing was sent, and the next plainer one follows at once: rich, text with entities, bare text. If the topic is
   * gone, the message goes to the chat itself: a misplaced answer is more useful than none.
   */
  async send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    const outcome = await this.sendTo(destination, body, signal);
    if (destination.threadId === NO_THREAD || !isThreadRefusal(outcome)) return outcome;
    this.logger.warn({ msg: 'topic is gone, sending to the chat', ...idsOf(destination), outcome });
    return await this.sendTo({ ...destination, threadId: NO_THREAD }, body, signal);
  }

  /** https://core.telegram.org/bots/api#editmessagetext; a message that says so already counts as edited. */
  async edit(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return await this.inAFormTaken(destination, body, (message) =>
      this.editOnce(destination, channelMessageId, message, signal),
    );
  }

  /** See `SingleMessages.open`. */
  async open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null> {
    const guest = guestAnswerOf(destination);
    if (guest === null || guest.inlineMessageId !== null) return null;
    const id = await this.guests.open(guest, { text: words, entities: [] }, signal);
    return id === null ? null : guestVia(guest.queryId, id);
  }

  private async sendTo(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    const guest = guestAnswerOf(destination);
    return await this.inAFormTaken(destination, body, (message) =>
      guest ? this.guests.send(guest, message, signal) : this.sendOnce(destination, message, signal),
    );
  }

  private async inAFormTaken(
    destination: Destination,
    body: ReplyBody,
    bring: (message: TelegramMessage) => Promise<SendOutcome>,
  ): Promise<SendOutcome> {
    const whole = readBody(body);
    if (!whole) return unreadable;
    if (whole.rich) {
      const outcome = await bring(whole);
      if (!couldBeTheForm(outcome)) return outcome;
      this.logger.warn({ msg: 'rich message refused, sending text', ...idsOf(destination), outcome });
    }
    const message = { ...whole, rich: null };
    const outcome = await bring(message);
    if (message.entities.length === 0 || !isFormattingRefusal(outcome)) return outcome;
    this.logger.warn({ msg: 'formatting refused, sending plain text', ...idsOf(destination), outcome });
    return await bring({ ...message, entities: [] });
  }

  private async editOnce(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    message: TelegramMessage,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const { business_connection_id: via } = routeParams(destination);
    const edit = {
      chat_id: Number(destination.chatId),
      message_id: Number(channelMessageId),
      ...(via !== undefined && { business_connection_id: via }),
      ...(message.rich ? { rich_message: message.rich } : messageText(message)),
      ...buttonsOf(message),
    };
    const result = await this.botApi.call((api) => api.editMessageText(edit), signal);
    if (result.ok || saysSoAlready(result.failure)) return { kind: 'sent', channelMessageId };
    return outcomeOf(result.failure);
  }

  private async sendOnce(
    destination: Destination,
    text: TelegramMessage,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const to = { ...addressOf(destination), ...buttonsOf(text), ...replyOf(text) };
    const { rich } = text;
    const result = await this.botApi.call<object>(
      (api) =>
        rich
          ? api.sendRichMessage({ ...to, rich_message: rich })
          : api.sendMessage({ ...to, ...messageText(text) }),
      signal,
    );
    if (!result.ok) return outcomeOf(result.failure);
    const messageId = integerOf(result.value, 'message_id');
    if (messageId === null) return { kind: 'unknown', error: 'accepted without a message id' };
    return { kind: 'sent', channelMessageId: ChannelMessageId(String(messageId)) };
  }
}

function idsOf({ chatId, threadId }: Destination): { chatId: string; threadId: string } {
  return { chatId, threadId };
}

/** Refusals that concern every form of a message. */
const OF_THE_CHAT: ReadonlySet<string> = new Set([
  'BOT_BLOCKED',
  'USER_DEACTIVATED',
  'BOT_KICKED',
  'BOT_NOT_MEMBER',
  'BOT_NOT_STARTED',
  'CHAT_MIGRATED',
  'CHAT_NOT_FOUND',
  'THREAD_NOT_FOUND',
  'THREAD_CLOSED',
]);

/**
 * Whether Telegram may have refused a rich message because of its form. A Bot API server older than 10.1 knows no such
 * method (404), one older than 10.2 no blocks ("must be non-empty"), and Telegram has undocumented limits.
 */
function couldBeTheForm(outcome: SendOutcome): boolean {
  if (outcome.kind === 'refused') return !OF_THE_CHAT.has(outcome.code);
  return outcome.kind === 'unavailable' && /^404: .*method not found/i.test(outcome.error);
}
