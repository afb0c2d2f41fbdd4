import { badRequest } from './bot-api-error.js';
import type { BotState } from './bot-state.js';
import type { ChatMessage } from './chat-log.js';
import type { Params } from './params.js';

/** @throws BotApiError if the chat is missing or does not exist */
export function requireChat(bot: BotState, params: Params): number {
  if (params.text('chat_id').trim() === '') throw badRequest('chat_id is empty');
  const chatId = params.integer('chat_id');
  if (chatId === undefined) throw badRequest('chat not found');
  bot.chats.userOf(chatId);
  return chatId;
}

/** @throws BotApiError `message to <deed> not found` */
export function requireMessage(bot: BotState, params: Params, chatId: number, deed: string): ChatMessage {
  const messageId = params.integer('message_id');
  if (messageId === undefined || messageId < 1) throw badRequest('message identifier is not specified');
  const message = bot.chats.message(chatId, messageId);
  if (!message) throw badRequest(`message to ${deed} not found`);
  return message;
}
