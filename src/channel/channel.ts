import type { ChannelMessageId, ChatId, ThreadId } from './ids.js';
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
import type { Inbound } from './inbound.js';

/** The destination of a reply: a chat of a channel, and its topic if it has one. */
export interface Destination {
  /** `conversations.channel`: the bot that speaks there. */
  readonly channel: string;
  readonly chatId: ChatId;
  readonly threadId: ThreadId;
  /** See `ChatDescription`. */
  readonly via: string | null;
}

/** One outbound message as its channel composed it: JSON that only the channel reads. Kept in `replies.body`. */
export type ReplyBody = Readonly<Record<string, unknown>>;

/** The outcome of one try to send. The caller decides what follows; a channel never retries by itself. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly channelMessageId: ChannelMessageId }
  /** The channel asks for a pause; nothing was sent. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly error: string }
  /** The chat has a new id; nothing was sent. */
  | { readonly kind: 'moved'; readonly toChatId: ChatId; readonly error: string }
  /** Not sent, and worth another try later: no connection, 5xx of the channel itself. `retryAfterMs`: not before. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs?: number }
  /**
   * The connection broke or timed out after the request went out, or another server answered in the channel's place:
   * the message may have been sent. `retryAfterMs`: the answering server asked for a pause.
   */
  | { readonly kind: 'unknown'; readonly error: string; readonly retryAfterMs?: number }
  /** Not sent, and never will be: blocked, chat gone, token revoked. `code` is stable. */
  | { readonly kind: 'refused'; readonly code: string; readonly error: string };

/** A sender's access by the channel's settings. `refused`: none; `unknown`: as operators decided. */
export type ChatAdmission = 'admitted' | 'refused' | 'unknown';

/** A received payload and the bot that received it: `events.source`, and the channel of its conversation. */
export type Received<Kind extends Inbound = Inbound> = Kind & { readonly channel: string };

/** The account by which a channel receives: the other side's id of the bot, whatever its present secret. */
export interface ChannelAccount {
  readonly channel: string;
  readonly account: string;
}

/**
 * The places where people talk to the agent: a channel for each bot. Implemented by `telegram/`; the agent, the queue
 * and the webhook know only this port.
 *
 * The abstract members are what every channel must have. The optional ones are its capabilities: a channel leaves out
 * those that it does not have, and whoever uses one does without it.
 */
export abstract class Channel {
  /** Whether a bot serves this channel. If none does, its events and replies wait. */
  abstract serves(channel: string): boolean;

  /** The account of each channel, if it is known. */
  abstract readonly accounts: readonly ChannelAccount[];

  /**
   * Reads one received payload. Pure and total: never throws, whatever the payload holds.
   * @param channel of the bot that received it
   * @returns null for a payload the bot has no use for
   */
  abstract read(channel: string, payload: unknown): Received | null;

  /** This sender's access to this chat by the channel's settings. Pure. */
  abstract admission(origin: Pick<Received, 'channel' | 'chat' | 'sender'>): ChatAdmission;

  /** Composes messages that the channel cannot refuse from the agent's Markdown, in order; at least one. Pure. */
  abstract compose(markdown: string): readonly ReplyBody[];

  /** Sends one message once. Never throws for the channel's answer; rejects only when aborted. */
  abstract send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome>;

  /**
   * Edits a sent message to another text, once. A message that already has the text counts as sent, so repeating the
   * call has no second effect. Refused with `MESSAGE_GONE` if there is no such message to edit (any more): the text is
   * then sent as a new message. Otherwise as `send`.
   */
  abstract edit(
    destination: Destination,
    channelMessageId: ChannelMessageId,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<SendOutcome>;

  /** Without it nothing shows that the bot is at work. */
  readonly typing?: Typing;

  /** Without it an answer is not shown in a message while it is written. */
  readonly streamedEdits?: StreamedEdits;

  /** Without it an answer is not shown as a preview while it is written. */
  readonly previews?: Previews;

  /** Without it a question is text alone, and an operator answers it. */
  readonly buttons?: Buttons;

  /** Without it the bot reacts to no message. */
  readonly reactions?: Reactions;

  /** Without it nobody is known to run a group. */
  readonly rights?: ChatRights;

  /** Without it every attachment is one that could not be fetched. */
  readonly files?: Files;

  /** Without it a message names no other one as the one that it answers. */
  readonly quotes?: Quotes;

  /** Without it every destination accepts any number of messages. */
  readonly singleMessages?: SingleMessages;

  /** Without it a payload that the bot has no use for is dropped, and counted as `other`. */
  readonly unusedPayloads?: UnusedPayloads;

  /** Without it a send of unknown outcome is repeated although the channel may still be out of reach. */
  readonly probe?: Probe;
}
