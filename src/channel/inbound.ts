import type { Attachment } from './attachment.js';

/** A chat as its channel describes it. */
export interface ChatDescription {
  readonly chatId: bigint;
  /** 0 where the chat has no topics. */
  readonly threadId: bigint;
  /** How the channel reaches it besides by these ids, in the channel's own words; null: by these alone. */
  readonly via: string | null;
  readonly type: string;
  readonly title: string | null;
  readonly username: string | null;
}

/** Who wrote a message. */
export interface Sender {
  /** Of a person; of the chat where somebody writes in a chat's name: the id of its own chat is an admin of that. */
  readonly userId: bigint;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly username: string | null;
  /** IETF tag as the channel reports it, e.g. `en` or `pt-br`. */
  readonly languageCode: string | null;
}

/** A slash command addressed to this bot; `name` in lower case, without the slash and the bot's name. */
export interface Command {
  readonly name: string;
  readonly args: string;
}

/** Somebody pressed a button under a message of the bot. */
export interface Press {
  /** For `Channel.answerPress`. */
  readonly id: string;
  /** What the button carries: see `Choice`. */
  readonly data: string;
}

/** A chat got another id, and goes on as before. */
export interface ChatMove {
  readonly fromChatId: bigint;
  readonly toChatId: bigint;
}

/** Something that is no message: handled without the model. `at` is by the channel's clock. */
export type Happening =
  /** Somebody says what they think of one of our messages; `verdict` null: they take it back. */
  | {
      readonly kind: 'reaction';
      readonly channelMessageId: bigint;
      readonly verdict: 'up' | 'down' | null;
      readonly at: Date;
    }
  /** The bot was shut out of the chat: blocked, removed. */
  | { readonly kind: 'shut-out'; readonly at: Date }
  | { readonly kind: 'let-in'; readonly at: Date };

/** What a received payload means. Every string is well-formed UTF-16 without NUL, so PostgreSQL can store it. */
export interface Inbound {
  readonly externalId: string;
  readonly chat: ChatDescription;
  readonly sender: Sender | null;
  /**
   * What was written, and in brackets what else the message holds; what it replies to, as a quotation before it. Whatever in
   * it is not the sender's own is marked as data: see `quoteOutside`.
   */
  readonly text: string;
  /** Its sender passed it on, or had another bot write it: all of the text is marked. */
  readonly isOfOthers: boolean;
  readonly attachments: readonly Attachment[];
  /** Nothing was written: the text says only what was sent. */
  readonly isWordless: boolean;
  /** Set: answered at once, without the model. */
  readonly command: Command | null;
  /** Set: nothing was written, a button was pressed. */
  readonly press: Press | null;
  /** Set: nothing was written, the user stopped the turn that shows this preview: see `Channel.preview`. */
  readonly stoppedPreview: number | null;
  /** Set: nothing was written, something happened. */
  readonly happening: Happening | null;
  readonly channelMessageId: bigint | null;
  /** Its sender is a bot too: they might answer each other for ever. */
  readonly isFromBot: boolean;
  /** A message that was received before, as its author has changed it. */
  readonly isEdit: boolean;
  /** Said among the people of a group, not to the bot: answered only where the group wants every message answered. */
  readonly isOverheard: boolean;
  /** One of several that were sent together, an album or forwarded messages: the others come at once. */
  readonly inBatch: boolean;
  /** Nothing was written: the chat tells that it moved. */
  readonly moved?: ChatMove;
}
