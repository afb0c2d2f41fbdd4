import type { Fetched } from './attachment.js';
import type { Inbound, Press } from './inbound.js';

/** Where a reply goes: a chat of a channel, and its topic where it has one (`threadId` 0: none). */
export interface Destination {
  /** `conversations.channel`: which of the bots speaks there. */
  readonly channel: string;
  readonly chatId: bigint;
  readonly threadId: bigint;
  /** See `ChatDescription`. */
  readonly via: string | null;
}

/** One outbound message as its channel made it: JSON that only the channel reads. Kept in `replies.body`. */
export type ReplyBody = Readonly<Record<string, unknown>>;

/** A button under a message. */
export interface Choice {
  readonly label: string;
  /** Comes back with the press; at most 64 bytes. */
  readonly data: string;
}

/** What to say to what is declined; each at most 200 characters. */
export interface Declining {
  /** Somebody wants to pay. */
  readonly payment: string;
  /** Somebody asks from within another chat: a button that leads to the bot's own. */
  readonly elsewhere: string;
}

/** What is known after one try to send. The caller decides what follows; a channel never retries by itself. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly channelMessageId: bigint }
  /** The channel asks for a pause; nothing was sent. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly error: string }
  /** The chat goes on under another id; nothing was sent. */
  | { readonly kind: 'moved'; readonly toChatId: bigint; readonly error: string }
  /** Not sent, and worth another try later: no connection, 5xx of the channel itself. `retryAfterMs`: not before. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs?: number }
  /**
   * The connection broke or timed out after the request went out, or somebody else than the channel answered: it may have
   * been sent. `retryAfterMs`: who answered asked for a pause.
   */
  | { readonly kind: 'unknown'; readonly error: string; readonly retryAfterMs?: number }
  /** Not sent, and never will be: blocked, chat gone, token revoked. `code` is stable. */
  | { readonly kind: 'refused'; readonly code: string; readonly error: string };

/** May somebody talk to the agent? `refused`: no; `unknown`: as operators decided. */
export type Admission = 'admitted' | 'refused' | 'unknown';

/** What somebody may do in a chat; `unknown`: the channel does not say at the moment. */
export type Rights = 'admin' | 'member' | 'unknown';

/** What the bot thinks of a message. */
export type Mood = 'seen' | 'done';

/** What is known after one try to show a preview. */
export type PreviewOutcome = Exclude<SendOutcome, { readonly kind: 'sent' }> | { readonly kind: 'shown' };

/** What came in, and by which of the bots: `events.source`, and the channel of its conversation. */
export interface Received extends Inbound {
  readonly channel: string;
}

/** By whom a channel receives: what the other side calls the bot, whatever secret it has at the moment. */
export interface ChannelAccount {
  readonly channel: string;
  readonly account: string;
}

/**
 * The places where people talk to the agent: a channel for each bot. Implemented by `telegram/`; the agent, the queue and the webhook know only
 * this port.
 */
export abstract class Channel {
  /** Is there a bot for it? Without, what it has said and shall say waits. */
  abstract serves(channel: string): boolean;

  /** Of each channel, where it is known. */
  abstract readonly accounts: readonly ChannelAccount[];

  /**
   * Reads one received payload. Pure and total: never throws, whatever the payload holds.
   * @param channel of the bot that received it
   * @returns null for a payload the bot has no use for
   */
  abstract read(channel: string, payload: unknown): Received | null;

  /** What kind of payload this is, as the channel calls it: one of few words, whatever the payload holds. Pure. */
  abstract kindOf(payload: unknown): string;

  /**
   * Answers a payload that `read` has no use for, where somebody waits for an answer: a payment, a query, a button.
   * Best effort: failures are swallowed.
   */
  abstract decline(
    channel: string,
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void>;

  /** What the channel's settings say of this sender in this chat. Pure. */
  abstract admission(origin: Pick<Received, 'channel' | 'chat' | 'sender'>): Admission;

  /**
   * Does this sender run the chat? In a private chat its person does. Asks the channel, unless it has told of late; never
   * throws for what that answers; rejects only when aborted.
   */
  abstract rightsOf(
    origin: Pick<Received, 'channel' | 'chat' | 'sender'>,
    signal: AbortSignal,
  ): Promise<Rights>;

  /** Turns the agent's Markdown into messages the channel cannot refuse, in order; at least one. Pure. */
  abstract compose(markdown: string): readonly ReplyBody[];

  /** The same message as a reply to another one of its chat, if that is still there. Pure. */
  abstract inReplyTo(body: ReplyBody, channelMessageId: bigint): ReplyBody;

  /** A question, with a button for each choice under its last message. Pure. */
  abstract ask(markdown: string, choices: readonly Choice[]): readonly ReplyBody[];

  /** Tells who pressed a button that it was felt, with a few words. Best effort: failures are swallowed. */
  abstract answerPress(channel: string, press: Press, words: string, signal: AbortSignal): Promise<void>;

  /** Asks whether the channel itself answers, by a call without effect. Rejects only when aborted. */
  abstract answers(channel: string, signal: AbortSignal): Promise<boolean>;

  /** Sends one message once. Never throws for what the channel answers; rejects only when aborted. */
  abstract send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome>;

  /**
   * Gives a sent message another text, once; a message that says so already counts as sent. Repeating it has no second
   * effect. Refused with `MESSAGE_GONE` where there is no such message to edit (any more). Otherwise as `send`.
   */
  abstract edit(
    destination: Destination,
    channelMessageId: bigint,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome>;

  /** How long a preview is seen unless it is shown again, in milliseconds. */
  abstract readonly previewLastsMs: number;

  /**
   * Shows, in a private chat, an answer that is not whole yet; no message, and gone with the next one. The user may stop
   * it: see `Inbound.stoppedPreview`. Never throws for what the channel answers; rejects only when aborted.
   * @param previewId above 0; what has the id of the one before takes its place
   */
  abstract preview(
    destination: Destination,
    previewId: number,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<PreviewOutcome>;

  /**
   * Marks a message that somebody wrote; null: with nothing. Best effort, and only where the channel is set to do so: never
   * rejects.
   */
  abstract react(
    destination: Destination,
    channelMessageId: bigint,
    mood: Mood | null,
    signal: AbortSignal,
  ): Promise<void>;

  /** Does the channel take one message there, and no second one? Pure. */
  abstract takesOneMessage(destination: Destination): boolean;

  /**
   * Where the channel takes one message and wants it at once: sends these words, which the answer then replaces. Best
   * effort: without it the answer is that message.
   * @returns the `via` by which the answer finds it; null where nothing was sent, or nothing needs to be
   */
  abstract open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null>;

  /** Shows that the bot is at work ("typing"). Best effort: failures are swallowed. */
  abstract showBusy(destination: Destination, signal: AbortSignal): Promise<void>;

  /**
   * Fetches the file of an attachment, once. Never throws for what the channel answers; rejects only when aborted.
   * @param ref of the attachment
   * @param maxBytes a larger file is not read to its end
   */
  abstract fetchFile(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched>;
}
