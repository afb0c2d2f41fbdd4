import { ChannelMessageId, ChatId, NO_THREAD, UserId } from './ids.js';
import type { Attachment } from './attachment.js';
import {
  Channel,
  type ChannelAccount,
  type ChatAdmission,
  type Destination,
  type Received,
  type ReplyBody,
  type SendOutcome,
} from './channel.js';

/** A message as the other side sends it. */
export interface MinimalPayload {
  readonly id: string;
  readonly chatId: string;
  readonly chatType?: string;
  readonly text: string;
  readonly attachments?: readonly Attachment[];
}

/** A channel with the core alone: it takes part in conversations, and has no capability. */
export class MinimalChannel extends Channel {
  readonly accounts: readonly ChannelAccount[] = [];
  /** The calls, in order: of `send` and of `edit`. */
  readonly calls: ('send' | 'edit')[] = [];
  /** The outcomes of the next sends, which do not arrive. */
  readonly failing: SendOutcome[] = [];
  private readonly messages = new Map<ChannelMessageId, string>();
  private lastId = 0;

  /** The texts that the other side shows, in order. */
  get shown(): readonly string[] {
    return [...this.messages.values()];
  }

  override serves(channel: string): boolean {
    return channel === 'minimal';
  }

  override read(channel: string, payload: unknown): Received | null {
    if (!isPayload(payload)) return null;
    const { id, chatId, chatType: type = 'private', text, attachments = [] } = payload;
    const isCommand = text.startsWith('/');
    const [name = '', ...args] = text.slice(1).split(' ');
    const written = {
      channel,
      externalId: id,
      chat: { chatId: ChatId(chatId), threadId: NO_THREAD, via: null, type, title: null, username: null },
      sender: {
        userId: UserId('ada'),
        isChat: false,
        firstName: 'Ada',
        lastName: null,
        username: null,
        languageCode: 'en',
      },
      text,
      isOfOthers: false,
      quotedAnswer: null,
      attachments,
      isWordless: false,
      channelMessageId: null,
      position: null,
      isFromBot: false,
      isGroupContext: false,
      inBatch: false,
    };
    return isCommand
      ? { ...written, kind: 'command', command: { name, args: args.join(' ') } }
      : { ...written, kind: 'message' };
  }

  override admission(): ChatAdmission {
    return 'admitted';
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return [{ text: markdown }];
  }

  override send(_destination: Destination, body: ReplyBody): Promise<SendOutcome> {
    this.calls.push('send');
    const failure = this.failing.shift();
    if (failure) return Promise.resolve(failure);
    this.lastId += 1;
    return this.show(ChannelMessageId(`message-${this.lastId}`), body);
  }

  override edit(
    _destination: Destination,
    channelMessageId: ChannelMessageId,
    body: ReplyBody,
  ): Promise<SendOutcome> {
    this.calls.push('edit');
    return this.show(channelMessageId, body);
  }

  private show(channelMessageId: ChannelMessageId, body: ReplyBody): Promise<SendOutcome> {
    this.messages.set(channelMessageId, String(body['text']));
    return Promise.resolve({ kind: 'sent', channelMessageId });
  }
}

function isPayload(payload: unknown): payload is MinimalPayload {
  return typeof payload === 'object' && payload !== null && 'chatId' in payload;
}
