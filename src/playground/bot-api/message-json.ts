import { BOT } from './bot-state.js';
import type { ChatMessage, SimulatedUser } from './chat-log.js';

/** https://core.telegram.org/bots/api#chat */
export function privateChat(chatId: number, user: SimulatedUser) {
  return { id: chatId, type: 'private' as const, ...namesOf(user) };
}

/** https://core.telegram.org/bots/api#user: in a private chat, user and chat have one id. */
export function userJson(chatId: number, user: SimulatedUser) {
  const language = user.languageCode === undefined ? {} : { language_code: user.languageCode };
  return { id: chatId, is_bot: false, ...namesOf(user), ...language };
}

/** A message of the bot as its calls return it: https://core.telegram.org/bots/api#message */
export function messageJson(chatId: number, user: SimulatedUser, message: ChatMessage): object {
  const { editedAt, replyMarkup } = message;
  return {
    message_id: message.messageId,
    from: message.from === 'bot' ? BOT : userJson(chatId, user),
    chat: privateChat(chatId, user),
    date: seconds(message.at),
    ...(editedAt === null ? {} : { edit_date: seconds(editedAt) }),
    ...content(message),
    ...(isInline(replyMarkup) ? { reply_markup: replyMarkup } : {}),
  };
}

function content(message: ChatMessage): object {
  const { attachment, rich, text, entities } = message;
  if (rich) return { rich_message: rich };
  return attachment === null ? written('text', 'entities', text, entities) : file(attachment, message);
}

function namesOf({ firstName, lastName, username }: SimulatedUser) {
  return {
    first_name: firstName,
    ...(lastName === undefined ? {} : { last_name: lastName }),
    ...(username === undefined ? {} : { username }),
  };
}

function written(
  textName: string,
  entitiesName: string,
  text: string,
  entities: ChatMessage['entities'],
): object {
  if (text === '') return {};
  return { [textName]: text, ...(entities.length === 0 ? {} : { [entitiesName]: entities }) };
}

function file(kind: string, { messageId, text, entities }: ChatMessage): object {
  const described = { file_id: `${kind}-${messageId}`, file_unique_id: `u${messageId}`, file_size: 0 };
  return {
    [kind]: kind === 'photo' ? [{ ...described, width: 1, height: 1 }] : described,
    ...written('caption', 'caption_entities', text, entities),
  };
}

function isInline(markup: unknown): boolean {
  return typeof markup === 'object' && markup !== null && 'inline_keyboard' in markup;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
