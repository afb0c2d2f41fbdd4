import type { Fetched } from './attachment.js';
import type { Destination, Received, ReplyBody, SendOutcome } from './channel.js';
import type { ChannelMessageId, UserId } from './ids.js';
import type { Press } from './inbound.js';

/** Shows that the bot is at work. */
export interface Typing {
  /** How long it stays visible unless it is shown again, in milliseconds. */
  readonly lastsMs: number;

  /** Best effort: failures are swallowed. */
  show(destination: Destination, signal: AbortSignal): Promise<void>;
}

/** Edits that are frequent enough to show an answer in a message while it is written. */
export interface StreamedEdits {
  /** The least time between two edits in a chat, in milliseconds. */
  readonly everyMs: Readonly<Record<'private' | 'group', number>>;
}

/** The outcome of one try to show a preview. */
export type PreviewOutcome = Exclude<SendOutcome, { readonly kind: 'sent' }> | { readonly kind: 'shown' };

/** Partial answers in a private chat that are no messages: each disappears with the next message, or by itself. */
export interface Previews {
  /** How long a preview stays visible unless it is shown again, in milliseconds. */
  readonly lastsMs: number;

  /** The least time between two previews, in milliseconds. */
  readonly everyMs: number;

  /**
   * The user may stop it: see `StoppedPreview`. Never throws for the channel's answer; rejects only when aborted.
   * @param previewId above 0; a preview with the id of the last one replaces it
   */
  show(
    destination: Destination,
    previewId: number,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<PreviewOutcome>;
}

/** A button under a message. */
export interface Choice {
  readonly label: string;
  /** Returned with the press; at most 64 bytes. */
  readonly data: string;
}

/** Buttons under messages; `Channel.read` reads a press. */
export interface Buttons {
  /** A question, with a button for each choice under its last message. Pure. */
  ask(markdown: string, choices: readonly Choice[]): readonly ReplyBody[];

  /** Confirms a button press to its sender, with a few words. Best effort: failures are swallowed. */
  answerPress(channel: string, press: Press, words: string, signal: AbortSignal): Promise<void>;
}

/** The bot's reaction to a message. */
export type Mood = 'seen' | 'done';

/** The bot's reactions to people's messages. */
export interface Reactions {
  /** Best effort, and only if the channel is set to do so: never rejects. @param mood null: removes the reaction */
  react(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    mood: Mood | null,
    signal: AbortSignal,
  ): Promise<void>;
}

/** A sender's role in a chat; `unknown`: the channel does not say at the moment. */
export type Rights = 'admin' | 'member' | 'unknown';

/** The admins of chats. Both methods ask the channel unless its last answer is recent, and reject only when aborted. */
export interface ChatRights {
  /** Whether this sender runs the chat; the person of a private chat does. */
  rightsOf(origin: Pick<Received, 'channel' | 'chat' | 'sender'>, signal: AbortSignal): Promise<Rights>;

  /**
   * Every possible author of messages in the chat's own name: its admins, by user id. Empty if the channel does not
   * say.
   */
  adminsOf(origin: Pick<Received, 'channel' | 'chat'>, signal: AbortSignal): Promise<readonly UserId[]>;
}

/** The files of attachments. */
export interface Files {
  /**
   * Fetches the file of an attachment, once. Never throws for the channel's answer; rejects only when aborted.
   * @param ref of the attachment
   * @param maxBytes a larger file is not read to its end
   */
  fetch(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched>;
}

/** Messages that name another one as the one that they answer. */
export interface Quotes {
  /** The same message as a reply to another one of its chat, if that is still there. Pure. */
  inReplyTo(body: ReplyBody, channelMessageId: ChannelMessageId): ReplyBody;
}

/** Destinations that accept a single message. */
export interface SingleMessages {
  /** Whether the destination accepts a single message only. Pure. */
  appliesTo(destination: Destination): boolean;

  /**
   * Sends these words at once where the channel accepts a single message; the answer then replaces them. Best effort:
   * without it the answer is that message.
   * @returns the `via` by which the answer finds it; null if none was sent or is needed
   */
  open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null>;
}

/** The answers to declined requests; each at most 200 characters. */
export interface Declining {
  /** The answer to a payment. */
  readonly payment: string;
  /** The label of the button that leads from another chat to the bot's own. */
  readonly elsewhere: string;
}

/** Payloads that `Channel.read` has no use for. */
export interface UnusedPayloads {
  /** The kind of this payload in the channel's terms: one of few words, whatever the payload holds. Pure. */
  kindOf(payload: unknown): string;

  /**
   * Answers a payload if its sender waits for an answer: a payment, a query, a button. Best effort: failures are
   * swallowed.
   */
  decline(
    channel: string,
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void>;
}

/** A call without effect. */
export interface Probe {
  /** Asks whether the channel itself answers. Rejects only when aborted. */
  answers(channel: string, signal: AbortSignal): Promise<boolean>;
}
