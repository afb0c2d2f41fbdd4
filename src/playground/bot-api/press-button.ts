import type { CallbackQuery, Message } from '@grammyjs/types';
import type { BotState } from './bot-state.js';
import type { ChatMessage } from './chat-log.js';
import { messageJson, userJson } from './message-json.js';
import { asRecord } from './params.js';

/** The button that is pressed, and its person: a private chat has one. */
export interface PressedButton {
  readonly chatId: number;
  readonly messageId: number;
  /** The button's `callback_data`. */
  readonly data: string;
}

/**
 * Makes the query of a pressed button, which then waits for its answer:
 * https://core.telegram.org/bots/api#callbackquery
 * @returns null if the message has no such button now, or the bot did not ask for such updates
 */
export function pressButton(
  bot: BotState,
  id: string,
  { chatId, messageId, data }: PressedButton,
): CallbackQuery | null {
  const chat = bot.chats.view(chatId);
  const message = chat?.messages.find((candidate) => candidate.messageId === messageId);
  if (!chat || !message || !dataOfButtons(message).includes(data)) return null;
  if (bot.allowedUpdates && !bot.allowedUpdates.includes('callback_query')) return null;
  bot.queries.add(id, { chatId, messageId });
  return {
    id,
    from: userJson(chatId, chat.user),
    message: messageJson(chatId, chat.user, message) as Message,
    chat_instance: String(chatId),
    data,
  };
}

function dataOfButtons({ replyMarkup }: ChatMessage): unknown[] {
  const rows = asRecord(replyMarkup)?.['inline_keyboard'];
  if (!Array.isArray(rows)) return [];
  return rows.flat().flatMap((button: unknown) => asRecord(button)?.['callback_data'] ?? []);
}
