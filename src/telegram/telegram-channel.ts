import { isWritten } from '../channel/inbound.js';
import { Injectable } from '@nestjs/common';
import type { Probe, Quotes } from '../channel/capabilities.js';
import {
  type ChatAdmission,
  Channel,
  type ChannelAccount,
  type Destination,
  type Received,
  type ReplyBody,
  type SendOutcome,
} from '../channel/channel.js';
import type { ChannelMessageId } from '../channel/ids.js';
import { Bots } from './bots/bots.js';
import { MessageComposer } from './message-composer.js';
import { writeBody } from './sending/reply-body.js';
import { TelegramButtons } from './telegram-buttons.js';
import { TelegramFiles, writeFileRef } from './telegram-files.js';
import { TelegramGuestChats } from './telegram-guest-chats.js';
import { TelegramPreviews } from './telegram-previews.js';
import { TelegramReactions } from './telegram-reactions.js';
import { TelegramRights } from './telegram-rights.js';
import { TelegramTyping } from './telegram-typing.js';
import { TelegramUnusedUpdates } from './telegram-unused-updates.js';
import { readUpdate } from './updates/update-reader.js';

/** Telegram as a `Channel` with every capability: each call goes to the channel's bot. */
@Injectable()
export class TelegramChannel extends Channel {
  override readonly typing: TelegramTyping;
  override readonly previews: TelegramPreviews;
  override readonly buttons: TelegramButtons;
  override readonly reactions: TelegramReactions;
  override readonly rights: TelegramRights;
  override readonly files: TelegramFiles;
  override readonly singleMessages: TelegramGuestChats;
  override readonly unusedPayloads: TelegramUnusedUpdates;

  /** Telegram takes about one message a second in a private chat and twenty a minute in a group. */
  override readonly streamedEdits = { everyMs: { private: 1_000, group: 3_000 } };

  override readonly quotes: Quotes = {
    inReplyTo: (body, channelMessageId) => ({ ...body, replyTo: Number(channelMessageId) }),
  };

  override readonly probe: Probe = {
    answers: async (channel, signal) =>
      (await this.bots.findBot(channel).api.call((api) => api.getMe(), signal)).ok,
  };

  constructor(
    private readonly bots: Bots,
    private readonly composer: MessageComposer,
  ) {
    super();
    this.typing = new TelegramTyping(bots);
    this.previews = new TelegramPreviews(bots);
    this.buttons = new TelegramButtons(bots, composer);
    this.reactions = new TelegramReactions(bots);
    this.rights = new TelegramRights(bots);
    this.files = new TelegramFiles(bots);
    this.singleMessages = new TelegramGuestChats(bots);
    this.unusedPayloads = new TelegramUnusedUpdates(bots);
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
    const inbound = readUpdate(payload, this.bots.findBot(channel).identity.known);
    if (!inbound || !isWritten(inbound)) return inbound && { ...inbound, channel };
    const attachments = inbound.attachments.map((file) => ({
      ...file,
      ref: writeFileRef({ channel, fileId: file.ref }),
    }));
    return { ...inbound, channel, attachments };
  }

  override admission(origin: Pick<Received, 'channel' | 'chat' | 'sender'>): ChatAdmission {
    return this.bots.findBot(origin.channel).access.admissionOf(origin);
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return this.composer.compose(markdown).map((message) => writeBody(message));
  }

  override send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    return this.bots.findBot(destination.channel).sender.send(destination, body, signal);
  }

  override edit(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return this.bots.findBot(destination.channel).sender.edit(destination, channelMessageId, body, signal);
  }
}
