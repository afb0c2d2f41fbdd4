import { Injectable } from '@nestjs/common';
import {
  type Admission,
  Channel,
  type Choice,
  type Declining,
  type Destination,
  type Mood,
  type PreviewOutcome,
  type ReplyBody,
  type Rights,
  type SendOutcome,
} from '../channel/channel.js';
import type { Fetched } from '../channel/attachment.js';
import type { Inbound, Press } from '../channel/inbound.js';
import { BotApi } from './bot-api/bot-api.js';
import { BotFiles } from './bot-api/bot-files.js';
import { BotIdentity } from './bot-api/bot-identity.js';
import { ChatAdmins } from './chat-admins.js';
import { MessageComposer } from './message-composer.js';
import { MessageSender } from './sending/message-sender.js';
import { readBody, unreadable, writeBody } from './sending/reply-body.js';
import { TelegramPresence } from './sending/telegram-presence.js';
import { declineQuery } from './sending/decline-query.js';
import { TelegramAccess } from './telegram-access.js';
import { addressOf, guestAnswerOf } from './updates/chat-route.js';
import { kindOf, languageOf, queryOf } from './updates/declined.js';
import { readUpdate } from './updates/update-reader.js';

/** "Typing" lasts five seconds; an answer that takes longer is of no use. */
const BUSY_TIMEOUT_MS = 5_000;

/** Telegram as a place where people talk to the agent. */
@Injectable()
export class TelegramChannel extends Channel {
  override readonly name = 'telegram';
  override readonly previewLastsMs = 30_000;

  constructor(
    private readonly botApi: BotApi,
    private readonly identity: BotIdentity,
    private readonly access: TelegramAccess,
    private readonly presence: TelegramPresence,
    private readonly composer: MessageComposer,
    private readonly files: BotFiles,
    private readonly sender: MessageSender,
    private readonly admins: ChatAdmins,
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

  override admission(origin: Pick<Inbound, 'chat' | 'sender'>): Admission {
    return this.access.admissionOf(origin);
  }

  override rightsOf(origin: Pick<Inbound, 'chat' | 'sender'>, signal: AbortSignal): Promise<Rights> {
    return this.admins.rightsOf(origin, signal);
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

  override send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    return this.sender.send(destination, body, signal);
  }

  override edit(
    destination: Destination,
    channelMessageId: bigint,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return this.sender.edit(destination, channelMessageId, body, signal);
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

  override open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null> {
    return this.sender.open(destination, words, signal);
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
}
