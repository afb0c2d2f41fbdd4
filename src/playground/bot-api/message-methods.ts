import { badRequest } from './bot-api-error.js';
import type { BotState } from './bot-state.js';
import type { NewMessage } from './chat-log.js';
import { messageJson } from './message-json.js';
import type { MethodTable } from './method-table.js';
import { asRecord, type Params } from './params.js';
import { readCaption, readContent, readOptionalText, readText } from './read-text.js';
import { readInlineMarkup, readReplyMarkup } from './reply-markup.js';
import { requireChat, requireMessage } from './require-chat.js';

const ACTIONS = new Set(
  'typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location record_video_note upload_video_note'.split(
    ' ',
  ),
);
const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';

/** Methods that write, change or remove what a chat shows. */
export const messageMethods: MethodTable = {
  sendMessage: (bot, params) => send(bot, params, () => readText(params)),

  sendRichMessage: (bot, params) =>
    send(bot, params, () => {
      if (!params.has('rich_message')) throw badRequest('rich message must be non-empty');
      return readContent(params);
    }),

  sendPhoto: (bot, params) => sendFile(bot, params, 'photo'),

  sendDocument: (bot, params) => sendFile(bot, params, 'document'),

  sendMessageDraft: (bot, params) => {
    const chatId = requireChat(bot, params);
    const id = params.integer('draft_id');
    if (!id) throw badRequest('MESSAGE_DRAFT_ID_INVALID');
    const draft = readOptionalText(params);
    refuseThread(params);
    const [canStop, keepOnStop] = [params.flag('can_stop'), params.flag('keep_on_stop')];
    bot.chats.showDraft(chatId, { ...draft, id, canStop, keepOnStop });
    return true;
  },

  editMessageText: (bot, params) => {
    const chatId = requireChat(bot, params);
    const { rich, ...formatted } = readContent(params);
    const markup = readInlineMarkup(params) ?? null;
    const message = requireMessage(bot, params, chatId, 'edit');
    if (message.from === 'user') throw badRequest("message can't be edited");
    if (message.attachment) throw badRequest('there is no text in the message to edit');
    const unchanged = message.text === formatted.text && same(message.entities, formatted.entities);
    if (unchanged && same(message.rich, rich) && same(message.replyMarkup, markup))
      throw badRequest(NOT_MODIFIED);
    return change(bot, chatId, message.messageId, { ...formatted, rich, replyMarkup: markup });
  },

  editMessageReplyMarkup: (bot, params) => {
    const chatId = requireChat(bot, params);
    const markup = readInlineMarkup(params) ?? null;
    const message = requireMessage(bot, params, chatId, 'edit');
    if (message.from === 'user') throw badRequest("message can't be edited");
    if (same(message.replyMarkup, markup)) throw badRequest(NOT_MODIFIED);
    return change(bot, chatId, message.messageId, { replyMarkup: markup });
  },

  deleteMessage: (bot, params) => {
    const chatId = requireChat(bot, params);
    return bot.chats.remove(chatId, requireMessage(bot, params, chatId, 'delete').messageId);
  },

  sendChatAction: (bot, params) => {
    const chatId = requireChat(bot, params);
    const action = params.text('action');
    if (!ACTIONS.has(action)) throw badRequest('wrong parameter action in request');
    bot.chats.showAction(chatId, action);
    return true;
  },

  setMessageReaction: (bot, params) => {
    const chatId = requireChat(bot, params);
    const { messageId } = requireMessage(bot, params, chatId, 'react');
    bot.chats.change(chatId, messageId, { reaction: readReaction(params.json('reaction')) });
    return true;
  },
};

function send(bot: BotState, params: Params, read: () => Omit<NewMessage, 'from'>): object {
  const chatId = requireChat(bot, params);
  const written = read();
  const replyMarkup = readReplyMarkup(params);
  refuseThread(params);
  const replyTo = readReplyTo(bot, params, chatId);
  const message = bot.chats.append(chatId, { ...written, from: 'bot', replyTo, replyMarkup });
  return messageJson(chatId, bot.chats.userOf(chatId), message);
}

function sendFile(bot: BotState, params: Params, kind: 'photo' | 'document'): object {
  return send(bot, params, () => {
    if (!params.has(kind) && !params.file(kind)) throw badRequest(`there is no ${kind} in the request`);
    return { ...readCaption(params), attachment: kind };
  });
}

function change(bot: BotState, chatId: number, messageId: number, changes: object): object {
  const edited = bot.chats.change(chatId, messageId, { ...changes, editedAt: bot.clock.now().getTime() });
  if (!edited) throw badRequest('message to edit not found');
  return messageJson(chatId, bot.chats.userOf(chatId), edited);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Private chats of this bot have no topics. */
function refuseThread(params: Params): void {
  if (params.integer('message_thread_id')) throw badRequest('message thread not found');
}

function readReplyTo(bot: BotState, params: Params, chatId: number): number | null {
  const asked =
    asRecord(params.json('reply_parameters'))?.['message_id'] ?? params.integer('reply_to_message_id');
  if (asked === undefined) return null;
  if (typeof asked === 'number' && bot.chats.message(chatId, asked)) return asked;
  const lenient = asRecord(params.json('reply_parameters'))?.['allow_sending_without_reply'] === true;
  if (lenient || params.flag('allow_sending_without_reply')) return null;
  throw badRequest('message to be replied not found');
}

/** A bot sets one reaction, an emoji, or none: https://core.telegram.org/bots/api#setmessagereaction */
function readReaction(given: unknown): string | null {
  if (given === undefined || (Array.isArray(given) && given.length === 0)) return null;
  if (!Array.isArray(given)) throw badRequest("can't parse reaction types JSON object");
  if (given.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  const { type, emoji } = asRecord(given[0]) ?? {};
  if (type !== 'emoji' || typeof emoji !== 'string' || !/^\p{Emoji}/u.test(emoji)) {
    throw badRequest('REACTION_INVALID');
  }
  return emoji;
}
