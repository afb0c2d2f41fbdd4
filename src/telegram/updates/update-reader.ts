import type { ChatDescription, ChatMove, Inbound, Sender } from '../../channel/inbound.js';
import { isAddressed } from './addressing.js';
import { readSlashText } from '../bot-api/bot-commands.js';
import type { BotName } from '../bot-api/bot-name.js';
import { forwardedFrom } from './forward-origin.js';
import { fieldOf, integerOf, textOf } from './update-fields.js';

/** UTF-16 units kept of what a user wrote. Telegram's own limit is 4,096; more can only come from elsewhere. */
const TEXT_LIMIT = 65_536;
/** UTF-16 units kept of a name or title; Telegram allows 64 and 128. */
const NAME_LIMIT = 256;
/** UTF-16 units kept of a chat type, username or language tag. */
const WORD_LIMIT = 64;

/**
 * What a Telegram `Update` (https://core.telegram.org/bots/api#update) means to the bot: new and edited messages with a
 * text or a caption, presses of buttons, answers that their reader stopped, and chats that moved; in groups only messages
 * addressed to it. Pure and total: never throws, whatever `update` is.
 * @param bot null while the bot's own name is not known yet
 * @returns null for an update the bot has no use for
 */
export function readUpdate(update: unknown, bot: BotName | null): Inbound | null {
  const updateId = integerOf(update, 'update_id');
  if (fieldOf(update, 'callback_query') !== undefined)
    return readPress(updateId, fieldOf(update, 'callback_query'));
  const stop = fieldOf(update, 'stopped_message_generation');
  if (stop !== undefined) return readStop(updateId, stop);
  const edited = fieldOf(update, 'edited_message');
  const message = edited ?? fieldOf(update, 'message');
  const chat = readChat(message);
  const moved = readMove(message);
  if (moved && chat && updateId !== null) return { ...movedIn(chat, updateId), moved };
  const written = textOf(message, 'text', TEXT_LIMIT) ?? textOf(message, 'caption', TEXT_LIMIT);
  if (updateId === null || chat === null || written === null) return null;

  const slash = readSlashText(written, bot);
  if (!isPrivate(chat)) {
    if (slash?.for === 'other') return null;
    if (!slash && !isAddressed(message, written, bot)) return null;
  }
  const origin = forwardedFrom(message);
  const messageId = integerOf(message, 'message_id');
  return {
    externalId: updateId.toString(),
    chat,
    sender: readSender(fieldOf(message, 'from')),
    text: slash?.text ?? written,
    forwardedFrom: origin,
    // Whoever adds a slash to an old message does not mean to command, nor does who passes one on.
    command: edited === undefined && origin === null ? (slash?.command ?? null) : null,
    press: null,
    stoppedPreview: null,
    channelMessageId: messageId === null ? null : BigInt(messageId),
    isEdit: edited !== undefined,
    inBatch: fieldOf(message, 'media_group_id') !== undefined || origin !== null,
  };
}

/**
 * Both chats are told when a group becomes a supergroup: the group by `migrate_to_chat_id`, the supergroup by
 * `migrate_from_chat_id` (https://core.telegram.org/bots/api#message).
 */
function readMove(message: unknown): ChatMove | null {
  const here = integerOf(fieldOf(message, 'chat'), 'id');
  const [to, from] = [integerOf(message, 'migrate_to_chat_id'), integerOf(message, 'migrate_from_chat_id')];
  if (here === null || (to === null) === (from === null)) return null;
  return { fromChatId: BigInt(from ?? here), toChatId: BigInt(to ?? here) };
}

function movedIn(chat: ChatDescription, updateId: number): Inbound {
  return {
    externalId: updateId.toString(),
    chat,
    sender: null,
    text: '',
    forwardedFrom: null,
    command: null,
    press: null,
    stoppedPreview: null,
    channelMessageId: null,
    isEdit: false,
    inBatch: false,
  };
}

/** A button under a message that the bot sent: https://core.telegram.org/bots/api#callbackquery */
function readPress(updateId: number | null, query: unknown): Inbound | null {
  const chat = readChat(fieldOf(query, 'message'));
  const id = textOf(query, 'id', WORD_LIMIT);
  if (updateId === null || chat === null || id === null) return null;
  return {
    externalId: updateId.toString(),
    chat,
    sender: readSender(fieldOf(query, 'from')),
    text: '',
    forwardedFrom: null,
    command: null,
    press: { id, data: textOf(query, 'data', WORD_LIMIT) ?? '' },
    stoppedPreview: null,
    channelMessageId: null,
    isEdit: false,
    inBatch: false,
  };
}

/** Somebody stopped the answer that a draft shows: https://core.telegram.org/bots/api#messagegenerationstopped */
function readStop(updateId: number | null, stop: unknown): Inbound | null {
  const chat = readChat(stop);
  const draftId = integerOf(stop, 'draft_id');
  if (updateId === null || chat === null || draftId === null || draftId === 0) return null;
  return {
    externalId: updateId.toString(),
    // Unlike a message, it names a thread only where there is one.
    chat: { ...chat, threadId: BigInt(integerOf(stop, 'message_thread_id') ?? 0) },
    sender: null,
    text: '',
    forwardedFrom: null,
    command: null,
    press: null,
    stoppedPreview: draftId,
    channelMessageId: null,
    isEdit: false,
    inBatch: false,
  };
}

/** A chat without a type is told by its id: those of people are positive, of groups negative. */
function isPrivate(chat: ChatDescription): boolean {
  return chat.type === 'private';
}

function readChat(message: unknown): ChatDescription | null {
  const chat = fieldOf(message, 'chat');
  const id = integerOf(chat, 'id');
  if (id === null || id === 0) return null;
  const type = textOf(chat, 'type', WORD_LIMIT) ?? (id > 0 ? 'private' : 'group');
  if (type === 'channel') return null;
  const threadId =
    fieldOf(message, 'is_topic_message') === true ? integerOf(message, 'message_thread_id') : null;
  return {
    chatId: BigInt(id),
    threadId: BigInt(threadId ?? 0),
    type,
    title: textOf(chat, 'title', NAME_LIMIT) ?? fullName(chat),
    username: textOf(chat, 'username', WORD_LIMIT),
  };
}

/** A private chat has no title of its own; it is called as the person in it. */
function fullName(chat: unknown): string | null {
  const names = [textOf(chat, 'first_name', NAME_LIMIT), textOf(chat, 'last_name', NAME_LIMIT)];
  return names.filter((name) => name !== null).join(' ') || null;
}

function readSender(user: unknown): Sender | null {
  const id = integerOf(user, 'id');
  if (id === null) return null;
  return {
    userId: BigInt(id),
    firstName: textOf(user, 'first_name', NAME_LIMIT) ?? '',
    lastName: textOf(user, 'last_name', NAME_LIMIT),
    username: textOf(user, 'username', WORD_LIMIT),
    languageCode: textOf(user, 'language_code', WORD_LIMIT),
  };
}
