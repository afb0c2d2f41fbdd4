import { badRequest } from './bot-api-error.js';
import { BOT, type BotCommand } from './bot-state.js';
import { readQueryAnswer } from './callback-queries.js';
import { privateChat, userJson } from './message-json.js';
import type { MethodTable } from './method-table.js';
import { asRecord, type Params } from './params.js';
import { requireChat } from './require-chat.js';

/** Menus kept, by scope and language. */
const MAX_MENUS = 200;
const MAX_COMMANDS = 100;

/** Methods about the bot itself and about chats. */
export const botMethods: MethodTable = {
  getMe: () => ({
    ...BOT,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
  }),

  setMyCommands: (bot, params) => {
    const commands = readCommands(params.json('commands'));
    if (bot.commands.size >= MAX_MENUS) throw badRequest('too many bot commands scopes');
    bot.commands.set(menuKey(params), commands);
    return true;
  },

  getMyCommands: (bot, params) => bot.commands.get(menuKey(params)) ?? [],

  deleteMyCommands: (bot, params) => {
    bot.commands.delete(menuKey(params));
    return true;
  },

  getChat: (bot, params) => {
    const chatId = requireChat(bot, params);
    return { ...privateChat(chatId, bot.chats.userOf(chatId)), accent_color_id: 0, max_reaction_count: 11 };
  },

  /**
   * The simulator has private chats only: with the person and the bot. https://core.telegram.org/bots/api#getchatmember
   */
  getChatMember: (bot, params) => {
    const chatId = requireChat(bot, params);
    const userId = params.integer('user_id');
    if (userId === undefined || userId <= 0) throw badRequest('invalid user_id specified');
    if (userId === BOT.id) return { status: 'member', user: BOT };
    if (userId !== chatId) throw badRequest('member not found');
    return { status: 'member', user: userJson(chatId, bot.chats.userOf(chatId)) };
  },

  /** https://core.telegram.org/bots/api#getchatadministrators */
  getChatAdministrators: (bot, params) => {
    requireChat(bot, params);
    throw badRequest('there are no administrators in the private chat');
  },

  getFile: () => {
    throw badRequest('wrong file_id or the file is temporarily unavailable');
  },

  /** Answers a button press; the person who pressed it sees the text. */
  answerCallbackQuery: (bot, params) => {
    const text = readQueryAnswer(params);
    const { chatId, messageId } = bot.queries.answer(params.text('callback_query_id'));
    bot.chats.answerPress(chatId, messageId, text);
    return true;
  },
};

function menuKey(params: Params): string {
  return JSON.stringify([params.json('scope') ?? { type: 'default' }, params.text('language_code')]);
}

/** https://core.telegram.org/bots/api#botcommand */
function readCommands(given: unknown): BotCommand[] {
  if (!Array.isArray(given)) throw badRequest('commands must be non-empty');
  if (given.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  return given.map((value: unknown) => {
    const { command, description } = asRecord(value) ?? {};
    if (typeof command !== 'string' || !/^\/?[a-z0-9_]{1,32}$/.test(command)) {
      throw badRequest('BOT_COMMAND_INVALID');
    }
    if (typeof description !== 'string' || description.trim() === '' || description.length > 256) {
      throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
    }
    return { command: command.replace(/^\//, ''), description };
  });
}
