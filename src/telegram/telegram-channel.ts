import { Injectable, Logger } from '@nestjs/common';
import {
  Channel,
  type Choice,
  type Declining,
  type Destination,
  type Mood,
  type PreviewOutcome,
  type ReplyBody,
  type SendOutcome,
} from '../channel/channel.js';
import type { Fetched } from '../channel/attachment.js';
import type { Inbound, Press } from '../channel/inbound.js';
import { BotApi } from './bot-api/bot-api.js';
import { GuestMessages } from './sending/guest-messages.js';
import { BotFiles } from './bot-api/bot-files.js';
import { BotIdentity } from './bot-api/bot-identity.js';
import { MessageComposer } from './message-composer.js';
import { readBody, type TelegramMessage, writeBody } from './sending/reply-body.js';
import { couldBeTheForm } from './sending/rich-refusal.js';
import { isFormattingRefusal, isThreadRefusal, outcomeOf, saysSoAlready } from './sending/send-outcome.js';
import { TelegramPresence } from './sending/telegram-presence.js';
import { declineQuery } from './sending/decline-query.js';
import { TelegramAccess } from './telegram-access.js';
import { integerOf } from './updates/update-fields.js';
import { guestAnswerOf, guestVia, routeParams } from './updates/chat-route.js';
import { kindOf, languageOf, queryOf } from './updates/declined.js';
import { readUpdate } from './updates/update-reader.js';

const unreadable = {
  kind: 'refused',
  code: 'BODY_UNREADABLE',
  error: 'not a message of this channel',
} as const;

/** "Typing" lasts five seconds; an answer that takes longer is of no use. */
const BUSY_TIMEOUT_MS = 5_000;

/** Telegram as a place where people talk to the agent. */
@Injectable()
export class TelegramChannel extends Channel {
  override readonly name = 'telegram';
  override readonly previewLastsMs = 30_000;
  private readonly logger = new Logger(TelegramChannel.name);

  constructor(
    private readonly botApi: BotApi,
    private readonly identity: BotIdentity,
    private readonly access: TelegramAccess,
    private readonly presence: TelegramPresence,
    private readonly composer: MessageComposer,
    private readonly files: BotFiles,
    private readonly guests: GuestMessages,
  ) {
    super();
  }

  override read(payload: unknown): Inbound | null {
    return readUpdate(payload, this.identity.known);
  }

  override kindOf(payload: unknown): string {
    return kindOf(payload);
  }

  override async decline(
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void> {
    const query = queryOf(payload);
    if (query === null) return;
    const words = wordsIn(languageOf(payload));
    try {
      await this.botApi.call((api) => declineQuery(api, query, words), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: whoever waits stops waiting by themselves.
    }
  }

  override admits(origin: Pick<Inbound, 'chat' | 'sender'>): boolean {
    return this.access.isAllowed(origin);
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return this.composer.compose(markdown).map((message) => writeBody(message));
  }

  override inReplyTo(body: ReplyBody, channelMessageId: bigint): ReplyBody {
    return { ...body, replyTo: Number(channelMessageId) };
  }

  /** https://core.telegram.org/bots/api#inlinekeyboardmarkup */
  override ask(markdown: string, choices: readonly Choice[]): ReplyBody {
    const [question = { text: '…', entities: [] }] = this.composer.compose(markdown);
    return writeBody(question, choices);
  }

  /** https://core.telegram.org/bots/api#answercallbackquery */
  override async answerPress({ id }: Press, words: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = { callback_query_id: id, ...(words !== '' && { text: words }) };
      await this.botApi.call((api) => api.answerCallbackQuery(answer), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: the button stops waiting by itself.
    }
  }

  /**
   * Sends one message (https://core.telegram.org/bots/api#sendmessage, #sendrichmessage). Where Telegram refuses its form,
   * nothing was sent, and the next plainer one follows at once: rich, text with entities, bare text; where the topic is
   * gone, the message goes to the chat itself: an answer in another topic is more use than none.
   */
  override async send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    const outcome = await this.sendTo(destination, body, signal);
    if (destination.threadId === 0n || !isThreadRefusal(outcome)) return outcome;
    this.logger.warn({ msg: 'topic is gone, sending to the chat', ...idsOf(destination), outcome });
    return await this.sendTo({ ...destination, threadId: 0n }, body, signal);
  }

  private async sendTo(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    const guest = guestAnswerOf(destination);
    return await this.inAFormTaken(destination, body, (message) =>
      guest ? this.guests.send(guest, message, signal) : this.sendOnce(destination, message, signal),
    );
  }

  /** https://core.telegram.org/bots/api#editmessagetext */
  override async edit(
    destination: Destination,
    channelMessageId: bigint,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return await this.inAFormTaken(destination, body, (message) =>
      this.editOnce(destination, channelMessageId, message, signal),
    );
  }

  override async preview(
    destination: Destination,
    previewId: number,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    const message = readBody(body);
    return message
      ? await this.presence.preview(addressOf(destination), previewId, message, signal)
      : unreadable;
  }

  override react(
    { chatId }: Destination,
    channelMessageId: bigint,
    mood: Mood | null,
    signal: AbortSignal,
  ): Promise<void> {
    return this.presence.react(Number(chatId), Number(channelMessageId), mood, signal);
  }

  override takesOneMessage(destination: Destination): boolean {
    return guestAnswerOf(destination) !== null;
  }

  override async open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null> {
    const guest = guestAnswerOf(destination);
    if (guest === null || guest.inlineMessageId !== null) return null;
    const id = await this.guests.open(guest, { text: words, entities: [] }, signal);
    return id === null ? null : guestVia(guest.queryId, id);
  }

  override async showBusy(destination: Destination, signal: AbortSignal): Promise<void> {
    if (this.takesOneMessage(destination)) return;
    try {
      const { direct_messages_topic_id: _, ...address } = addressOf(destination);
      const action = { ...address, action: 'typing' } as const;
      await this.botApi.call((api) => api.sendChatAction(action), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: nobody waits for it any more.
    }
  }

  override fetchFile(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    return this.files.fetch(ref, maxBytes, signal);
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
    channelMessageId: bigint,
    message: TelegramMessage,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const { business_connection_id: via } = routeParams(destination);
    const edit = {
      chat_id: Number(destination.chatId),
      message_id: Number(channelMessageId),
      ...(via !== undefined && { business_connection_id: via }),
      ...(message.rich ? { rich_message: message.rich } : textOf(message)),
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
          : api.sendMessage({ ...to, ...textOf(text) }),
      signal,
    );
    if (!result.ok) return outcomeOf(result.failure);
    const messageId = integerOf(result.value, 'message_id');
    if (messageId === null) return { kind: 'unknown', error: 'accepted without a message id' };
    return { kind: 'sent', channelMessageId: BigInt(messageId) };
  }
}

function textOf({ text, entities }: TelegramMessage) {
  return { text, ...(entities.length > 0 && { entities: [...entities] }) };
}

function buttonsOf({ choices }: TelegramMessage) {
  const buttons = choices.map(({ label, data }) => ({ text: label, callback_data: data }));
  return buttons.length > 0 ? { reply_markup: { inline_keyboard: [buttons] } } : {};
}

/** https://core.telegram.org/bots/api#replyparameters; sent all the same where the message is gone. */
function replyOf({ replyTo }: TelegramMessage) {
  if (replyTo === null) return {};
  return { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
}

/** Telegram's ids have at most 52 significant bits, so they are exact as numbers. */
function addressOf(destination: Destination) {
  return { chat_id: Number(destination.chatId), ...routeParams(destination) };
}

function idsOf({ chatId, threadId }: Destination): { chatId: string; threadId: string } {
  return { chatId: chatId.toString(), threadId: threadId.toString() };
}
