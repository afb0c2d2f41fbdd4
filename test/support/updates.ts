/** Builders of Telegram updates: valid data, with the one difference that a test is about. */
import { UserId } from '../../src/channel/ids.js';

export interface TelegramUpdate {
  readonly update_id: number;
  readonly message: Readonly<Record<string, unknown>>;
}

// Far apart and different in every run, so that suites that share a database do not collide.
let lastUpdateId = 100_000_000 + Math.floor(Math.random() * 400_000) * 1_000;
let lastChatId = 10_000_000 + Math.floor(Math.random() * 400_000) * 1_000;
let lastMessageId = 0;

export function nextUpdateId(): number {
  return ++lastUpdateId;
}

/** An unused private chat; negate it for a group. */
export function newChatId(): number {
  return ++lastChatId;
}

/** A person who has not written yet. */
export const newUserId = (): UserId => UserId(String(newChatId()));

/**
 * A text message: of Ada in her private chat (`chatId` > 0) or in a supergroup (`chatId` < 0).
 * @param overrides fields of the message, e.g. `{ message_thread_id: 7, is_topic_message: true }`
 */
export function textUpdate(
  chatId: number,
  text: string,
  overrides: Readonly<Record<string, unknown>> = {},
): TelegramUpdate {
  const userId = Math.abs(chatId);
  const person = { id: userId, first_name: 'Ada', last_name: 'Lovelace', username: `ada${userId}` };
  const chat =
    chatId > 0
      ? { ...person, type: 'private' }
      : { id: chatId, title: `Group ${userId}`, type: 'supergroup' };
  return {
    update_id: nextUpdateId(),
    message: {
      message_id: ++lastMessageId,
      from: { ...person, is_bot: false, language_code: 'en' },
      chat,
      date: Math.floor(Date.now() / 1_000),
      text,
      ...overrides,
    },
  };
}

/** The author of a message edits its text. */
export function editUpdate({ message }: TelegramUpdate, text: string) {
  const edit_date = Math.floor(Date.now() / 1_000);
  return { update_id: nextUpdateId(), edited_message: { ...message, text, edit_date } };
}

/** A person presses a button under a message of the bot. */
export function pressUpdate(chatId: number, data: string, by = Math.abs(chatId)) {
  const { message } = textUpdate(chatId, 'a question');
  return {
    update_id: nextUpdateId(),
    callback_query: {
      id: String(nextUpdateId()),
      from: { id: by, is_bot: false, first_name: 'Ada', last_name: 'Lovelace' },
      chat_instance: '1',
      data,
      message,
    },
  };
}

/** The reader of a draft stops it; Telegram does not name the reader. */
export function stopUpdate(chatId: number, draftId: number) {
  const { message } = textUpdate(chatId, 'a message');
  const { chat } = message;
  return { update_id: nextUpdateId(), stopped_message_generation: { chat, draft_id: draftId } };
}

/** A person replies to a message of `bot`. */
export function replyUpdate(
  chatId: number,
  text: string,
  bot: { readonly id: number; readonly username: string },
) {
  const { message } = textUpdate(chatId, 'said earlier');
  return textUpdate(chatId, text, {
    reply_to_message: { ...message, from: { ...bot, is_bot: true, first_name: 'Bot' } },
  });
}

/** A person replaces their reaction to a message by an emoji; null: none. */
export function reactionUpdate(
  chatId: number,
  messageId: number,
  { before = null, now, at = Math.floor(Date.now() / 1_000) }: Reacting,
) {
  const { message } = textUpdate(chatId, '');
  const { chat, from: user } = message;
  const reactions = (emoji: string | null) => (emoji === null ? [] : [{ type: 'emoji', emoji }]);
  return {
    update_id: nextUpdateId(),
    message_reaction: {
      chat,
      user,
      message_id: messageId,
      date: at,
      old_reaction: reactions(before),
      new_reaction: reactions(now),
    },
  };
}

interface Reacting {
  readonly before?: string | null;
  readonly now: string | null;
  /** Seconds since 1970. */
  readonly at?: number;
}

/** A membership change of the bot in a chat, e.g. from `member` to `kicked`. */
export function membershipUpdate(chatId: number, before: string, now: string) {
  const { message } = textUpdate(chatId, '');
  const { chat, from } = message;
  const user = { id: 123_456, is_bot: true, first_name: 'Double', username: 'double_bot' };
  return {
    update_id: nextUpdateId(),
    my_chat_member: {
      chat,
      from,
      date: Math.floor(Date.now() / 1_000),
      old_chat_member: { user, status: before },
      new_chat_member: { user, status: now, until_date: 0 },
    },
  };
}
