import type {
  InboundMigration,
  ChatMigration,
  InboundPress,
  InboundReaction,
  MembershipChange,
  StoppedPreview,
} from '../../channel/inbound.js';
import { ChannelMessageId, ChatId } from '../../channel/ids.js';
import { arrayOf, fieldOf, integerOf, textField } from '../bot-api/update-fields.js';
import { readChat, readSender, WORD_LIMIT } from './chat-reader.js';
import { topicOf } from './chat-route.js';

/** A press of a button under a message of the bot: https://core.telegram.org/bots/api#callbackquery */
export function readPress(externalId: string, query: unknown): InboundPress | null {
  const chat = readChat(fieldOf(query, 'message'));
  const id = textField(query, 'id', WORD_LIMIT);
  if (chat === null || id === null) return null;
  const press = { id, data: textField(query, 'data', WORD_LIMIT) ?? '' };
  return { kind: 'press', externalId, chat, sender: readSender(fieldOf(query, 'from')), press };
}

/** A user stopped the answer that a draft shows: https://core.telegram.org/bots/api#messagegenerationstopped */
export function readStop(externalId: string, stop: unknown): StoppedPreview | null {
  const chat = readChat(stop);
  const draftId = integerOf(stop, 'draft_id');
  if (chat === null || draftId === null || draftId === 0) return null;
  // Unlike a message, it names a thread only if there is one.
  const threadId = topicOf(integerOf(stop, 'message_thread_id'));
  return {
    kind: 'stopped-preview',
    externalId,
    chat: { ...chat, threadId },
    sender: null,
    previewId: draftId,
  };
}

/**
 * A chat migration. Both chats get a message when a group becomes a supergroup: the group with `migrate_to_chat_id`,
 * the supergroup with `migrate_from_chat_id` (https://core.telegram.org/bots/api#message). Null for every other
 * message.
 */
export function readMigration(externalId: string, message: unknown): InboundMigration | null {
  const chat = readChat(message);
  const move = moveOf(message);
  return chat && move && { kind: 'migration', externalId, chat, sender: null, migration: move };
}

function moveOf(message: unknown): ChatMigration | null {
  const here = integerOf(fieldOf(message, 'chat'), 'id');
  const [to, from] = [integerOf(message, 'migrate_to_chat_id'), integerOf(message, 'migrate_from_chat_id')];
  if (here === null || (to === null) === (from === null)) return null;
  return { fromChatId: ChatId(String(from ?? here)), toChatId: ChatId(String(to ?? here)) };
}

/**
 * A reaction 👍 or 👎, given or removed (https://core.telegram.org/bots/api#messagereactionupdated); null for any
 * other.
 */
export function readReaction(externalId: string, reaction: unknown): InboundReaction | null {
  const messageId = integerOf(reaction, 'message_id');
  const [before, now] = [verdictIn(reaction, 'old_reaction'), verdictIn(reaction, 'new_reaction')];
  if (messageId === null || before === now) return null;
  const chat = readChat(reaction);
  const sender = readSender(fieldOf(reaction, 'user'));
  const channelMessageId = ChannelMessageId(String(messageId));
  return (
    chat && {
      kind: 'reaction',
      externalId,
      chat,
      sender,
      channelMessageId,
      verdict: now,
      at: dateOf(reaction),
    }
  );
}

function verdictIn(reaction: unknown, name: string): 'up' | 'down' | null {
  const emoji = new Set(arrayOf(reaction, name).map((one) => fieldOf(one, 'emoji')));
  if (emoji.has('👎')) return 'down';
  return emoji.has('👍') ? 'up' : null;
}

/** A membership change: the bot was removed from a chat, or added again; null for a change of its rights only. */
export function readMembership(externalId: string, update: unknown): MembershipChange | null {
  const [before, now] = [isOut(update, 'old_chat_member'), isOut(update, 'new_chat_member')];
  if (before === now || now === null) return null;
  const chat = readChat(update);
  const sender = readSender(fieldOf(update, 'from'));
  const change = now ? 'removed' : 'added';
  return chat && { kind: 'membership', externalId, chat, sender, change, at: dateOf(update) };
}

/** https://core.telegram.org/bots/api#chatmember */
function isOut(change: unknown, name: string): boolean | null {
  const member = fieldOf(change, name);
  const status = fieldOf(member, 'status');
  if (typeof status !== 'string') return null;
  if (status === 'restricted') return fieldOf(member, 'is_member') === false;
  return status === 'left' || status === 'kicked';
}

/** The earliest time, for a missing date: every other date is later. */
function dateOf(update: unknown): Date {
  const seconds = integerOf(update, 'date') ?? 0;
  return new Date(Math.min(Math.max(seconds, 0), MAX_SECONDS) * 1_000);
}

/** The year 2200: later dates count as invalid. */
const MAX_SECONDS = 7_258_118_400;
