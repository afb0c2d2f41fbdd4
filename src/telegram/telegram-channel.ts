import { Injectable } from '@nestjs/common';
import {
  type Admission,
  Channel,
  type ChannelAccount,
  type Choice,
  type Declining,
  type Destination,
  type Mood,
  type PreviewOutcome,
  type Received,
  type ReplyBody,
  type Rights,
  type SendOutcome,
} from '../channel/channel.js';
import type { Fetched } from '../channel/attachment.js';
import type { Press } from '../channel/inbound.js';
import { Bots } from './bots/bots.js';
import { readFileRef, writeFileRef } from './bots/file-ref.js';
import { MessageComposer } from './message-composer.js';
import { readBody, unreadable, writeBody } from './sending/reply-body.js';
import { declineQuery } from './sending/decline-query.js';
import { addressOf, guestAnswerOf } from './updates/chat-route.js';
import { kindOf, languageOf, queryOf } from './updates/declined.js';
import { readUpdate } from './updates/update-reader.js';

/** "Typing" lasts five seconds; an answer that takes longer is of no use. */
const BUSY_TIMEOUT_MS = 5_000;

/** Telegram as the places where people talk to the agent: whatever is asked of it, the bot of that channel does. */
@Injectable()
export class TelegramChannel extends Channel {
  override readonly previewLastsMs = 30_000;

  constructor(
    private readonly bots: Bots,
    private readonly composer: MessageComposer,
  ) {
    super();
  }

  override serves(channel: string): boolean {
    return this.bots.has(channel);
  }

  /** A bot's id is the number before the colon of its token; the token may be renewed. */
  override get accounts(): readonly ChannelAccount[] {
    return this.bots.all.flatMap(({ channel, settings: { botToken } }) => {
      const account = /^\d+(?=:)/.exec(botToken ?? '')?.[0];
      return account === undefined ? [] : [{ channel, account }];
    });
  }

  override read(channel: string, payload: unknown): Received | null {
    const inbound = readUpdate(payload, this.bots.of(channel).identity.known);
    if (!inbound) return null;
    const attachments = inbound.attachments.map((file) => ({
      ...file,
      ref: writeFileRef({ channel, fileId: file.ref }),
    }));
    return { ...inbound, channel, attachments };
  }

  override kindOf(payload: unknown): string {
    return kindOf(payload);
  }

  override async decline(
    channel: string,
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void> {
    const query = queryOf(payload);
    if (query === null) return;
    const words = wordsIn(languageOf(payload));
    try {
      await this.bots.of(channel).api.call((api) => declineQuery(api, query, words), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: whoever waits stops waiting by themselves.
    }
  }

  override admission(origin: Pick<Received, 'channel' | 'chat' | 'sender'>): Admission {
    return this.bots.of(origin.channel).access.admissionOf(origin);
  }

  override rightsOf(
    origin: Pick<Received, 'channel' | 'chat' | 'sender'>,
    signal: AbortSignal,
  ): Promise<Rights> {
    return this.bots.of(origin.channel).admins.rightsOf(origin, signal);
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return this.composer.compose(markdown).map((message) => writeBody(message));
  }

  override inReplyTo(body: ReplyBody, channelMessageId: bigint): ReplyBody {
    return { ...body, replyTo: Number(channelMessageId) };
  }

  /** https://core.telegram.org/bots/api#inlinekeyboardmarkup */
  override ask(markdown: string, choices: readonly Choice[]): readonly ReplyBody[] {
    const messages = this.composer.compose(markdown);
    return messages.map((message, place) => writeBody(message, place === messages.length - 1 ? choices : []));
  }

  /** https://core.telegram.org/bots/api#answercallbackquery */
  override async answerPress(
    channel: string,
    { id }: Press,
    words: string,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const answer = { callback_query_id: id, ...(words !== '' && { text: words }) };
      await this.bots.of(channel).api.call((api) => api.answerCallbackQuery(answer), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: the button stops waiting by itself.
    }
  }

  override async answers(channel: string, signal: AbortSignal): Promise<boolean> {
    return (await this.bots.of(channel).api.call((api) => api.getMe(), signal)).ok;
  }

  override send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    return this.bots.of(destination.channel).sender.send(destination, body, signal);
  }

  override edit(
    destination: Destination,
    channelMessageId: bigint,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return this.bots.of(destination.channel).sender.edit(destination, channelMessageId, body, signal);
  }

  override async preview(
    destination: Destination,
    previewId: number,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    const message = readBody(body);
    return message
      ? await this.bots
          .of(destination.channel)
          .presence.preview(addressOf(destination), previewId, message, signal)
      : unreadable;
  }

  override react(
    { channel, chatId }: Destination,
    channelMessageId: bigint,
    mood: Mood | null,
    signal: AbortSignal,
  ): Promise<void> {
    return this.bots.of(channel).presence.react(Number(chatId), Number(channelMessageId), mood, signal);
  }

  override takesOneMessage(destination: Destination): boolean {
    return guestAnswerOf(destination) !== null;
  }

  override open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null> {
    return this.bots.of(destination.channel).sender.open(destination, words, signal);
  }

  override async showBusy(destination: Destination, signal: AbortSignal): Promise<void> {
    if (this.takesOneMessage(destination)) return;
    try {
      const { direct_messages_topic_id: _, ...address } = addressOf(destination);
      const action = { ...address, action: 'typing' } as const;
      await this.bots
        .of(destination.channel)
        .api.call((api) => api.sendChatAction(action), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: nobody waits for it any more.
    }
  }

  override fetchFile(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    const { channel, fileId } = readFileRef(ref);
    return this.bots.of(channel).files.fetch(fileId, maxBytes, signal);
  }
}
