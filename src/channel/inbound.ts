import type { Attachment } from './attachment.js';
import type { ChannelMessageId, ChatId, ThreadId, UserId } from './ids.js';

/** A chat as its channel describes it. */
export interface ChatDescription {
  readonly chatId: ChatId;
  /** `NO_THREAD` if the chat has no topics. */
  readonly threadId: ThreadId;
  /** A further address that the channel needs for it, in the channel's own format; null: these ids suffice. */
  readonly via: string | null;
  readonly type: string;
  readonly title: string | null;
  readonly username: string | null;
}

/** The author of a message. */
export interface Sender {
  /**
   * The id of a person, or of the chat in whose name the message is written: a chat's own id stands for one of its
   * admins.
   */
  readonly userId: UserId;
  /** The author is a chat, not a person. */
  readonly isChat: boolean;
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

/** A press of a button under a message of the bot. */
export interface Press {
  /** For `Buttons.answerPress`. */
  readonly id: string;
  /** The button's data: see `Choice`. */
  readonly data: string;
}

/** A chat migration: the chat continues under a new id. */
export interface ChatMigration {
  readonly fromChatId: ChatId;
  readonly toChatId: ChatId;
}

/** The meaning of a payload. Every string is well-formed UTF-16 without NUL, so PostgreSQL can store it. */
interface Arrived {
  readonly externalId: string;
  readonly chat: ChatDescription;
  readonly sender: Sender | null;
}

/** The range of `Written.position`. */
export const POSITIONS = 2n ** 52n;

/** A message of a person. */
export interface Written extends Arrived {
  /**
   * The text, with other content in brackets and the quoted message before it. Every part that is not the sender's own
   * is marked as data: see `quoteOutside`.
   */
  readonly text: string;
  /** Forwarded, or written by another bot for the sender: all of the text is marked. */
  readonly isOfOthers: boolean;
  /** The message of the bot that the text quotes; null for none. What led to those words only our records tell. */
  readonly quotedAnswer: ChannelMessageId | null;
  readonly attachments: readonly Attachment[];
  /** The message has no text of its own: the text only names what was sent. */
  readonly isWordless: boolean;
  readonly channelMessageId: ChannelMessageId | null;
  /** Orders the messages of a chat: a later one has a higher number, below `POSITIONS`. Null if the channel has no order. */
  readonly position: bigint | null;
  /** The sender is a bot: two bots might answer each other for ever. */
  readonly isFromBot: boolean;
  /**
   * A message that people of a group say to each other, not to the bot: answered only where the group wants every
   * message answered.
   */
  readonly isGroupContext: boolean;
  /** One of several that were sent together, an album or forwarded messages: the others follow at once. */
  readonly inBatch: boolean;
}

export interface InboundMessage extends Written {
  readonly kind: 'message';
}

/** An edit: the new version of a message that was received before. */
export interface InboundEdit extends Written {
  readonly kind: 'edit';
}

/** A slash command: answered at once, without the model. */
export interface InboundCommand extends Written {
  readonly kind: 'command';
  readonly command: Command;
}

/** A button press. */
export interface InboundPress extends Arrived {
  readonly kind: 'press';
  readonly press: Press;
}

/** The user stopped the turn that shows this preview: see `Previews.show`. */
export interface StoppedPreview extends Arrived {
  readonly kind: 'stopped-preview';
  readonly previewId: number;
}

/** A reaction to a message of the bot. `at` is by the channel's clock. */
export interface InboundReaction extends Arrived {
  readonly kind: 'reaction';
  readonly channelMessageId: ChannelMessageId;
  /** Null: the reaction was removed. */
  readonly verdict: 'up' | 'down' | null;
  readonly at: Date;
}

/**
 * A membership change: the bot was removed from the chat or blocked in it, or added or unblocked. `at` is by the
 * channel's clock.
 */
export interface MembershipChange extends Arrived {
  readonly kind: 'membership';
  readonly change: 'removed' | 'added';
  readonly at: Date;
}

/** A chat migration. */
export interface InboundMigration extends Arrived {
  readonly kind: 'migration';
  readonly migration: ChatMigration;
}

/** The meaning of a received payload. */
export type Inbound =
  WrittenInbound | InboundPress | StoppedPreview | InboundReaction | MembershipChange | InboundMigration;

export type WrittenInbound = InboundMessage | InboundEdit | InboundCommand;

/** Whether this is a message or an edit by a person. */
export function isWritten<Some extends Inbound>(inbound: Some): inbound is Extract<Some, WrittenInbound> {
  switch (inbound.kind) {
    case 'message':
    case 'edit':
    case 'command':
      return true;
    case 'press':
    case 'stopped-preview':
    case 'reaction':
    case 'membership':
    case 'migration':
      return false;
  }
}
