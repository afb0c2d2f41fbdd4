import type {
  Buttons,
  ChatRights,
  Files,
  Previews,
  Probe,
  Quotes,
  Reactions,
  SingleMessages,
  StreamedEdits,
  Typing,
  UnusedPayloads,
} from './capabilities.js';
import {
  type ChatAdmission,
  Channel,
  type ChannelAccount,
  type Destination,
  type Received,
  type ReplyBody,
  type SendOutcome,
} from './channel.js';
import { CONSOLE_CHANNEL } from './console-channel.js';
import { ChannelMessageId } from './ids.js';

/**
 * A channel, and the console beside it: conversations that operators read over the admin API. A reply there is sent as
 * soon as it is in the history, so nothing is shown before it is.
 */
export class WithConsole extends Channel {
  override readonly typing?: Typing;
  override readonly streamedEdits?: StreamedEdits;
  override readonly previews?: Previews;
  override readonly buttons?: Buttons;
  override readonly reactions?: Reactions;
  override readonly rights?: ChatRights;
  override readonly files?: Files;
  override readonly quotes?: Quotes;
  override readonly singleMessages?: SingleMessages;
  override readonly unusedPayloads?: UnusedPayloads;
  override readonly probe?: Probe;

  constructor(private readonly channel: Channel) {
    super();
    this.typing = channel.typing;
    this.streamedEdits = channel.streamedEdits;
    this.previews = channel.previews;
    this.buttons = channel.buttons;
    this.reactions = channel.reactions;
    this.rights = channel.rights;
    this.files = channel.files;
    this.quotes = channel.quotes;
    this.unusedPayloads = channel.unusedPayloads;
    const { singleMessages, probe } = channel;
    this.singleMessages = singleMessages && {
      appliesTo: (destination) => !isConsole(destination) && singleMessages.appliesTo(destination),
      open: async (destination, words, signal) =>
        isConsole(destination) ? null : await singleMessages.open(destination, words, signal),
    };
    this.probe = probe && {
      answers: async (name, signal) => name === CONSOLE_CHANNEL || (await probe.answers(name, signal)),
    };
  }

  override serves(channel: string): boolean {
    return channel === CONSOLE_CHANNEL || this.channel.serves(channel);
  }

  override get accounts(): readonly ChannelAccount[] {
    return this.channel.accounts;
  }

  override read(channel: string, payload: unknown): Received | null {
    return this.channel.read(channel, payload);
  }

  override admission(origin: Pick<Received, 'channel' | 'chat' | 'sender'>): ChatAdmission {
    return isConsole(origin) ? 'admitted' : this.channel.admission(origin);
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return this.channel.compose(markdown);
  }

  override send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    return isConsole(destination) ? read() : this.channel.send(destination, body, signal);
  }

  override edit(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    return isConsole(destination)
      ? read(channelMessageId)
      : this.channel.edit(destination, channelMessageId, body, signal);
  }
}

const isConsole = ({ channel }: { readonly channel: string }): boolean => channel === CONSOLE_CHANNEL;

async function read(channelMessageId = ChannelMessageId('read')): Promise<SendOutcome> {
  return { kind: 'sent', channelMessageId };
}
