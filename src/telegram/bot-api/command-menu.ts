import { Logger } from '@nestjs/common';
import type { BotCommand, BotCommandScope, LanguageCode } from '@grammyjs/types';
import { en } from '../../platform/i18n/en.js';
import { languages } from '../../platform/i18n/i18n-for.js';
import type { CommandName, I18n } from '../../platform/i18n/i18n.js';
import { BotApi } from './bot-api.js';
import { commandNames } from './bot-commands.js';

/** One setMyCommands. */
interface Menu {
  readonly scope: BotCommandScope;
  /** Undefined: for users of any other language. */
  readonly language_code?: LanguageCode;
  readonly commands: readonly BotCommand[];
}

/** Publishes the commands in Telegram's menu (https://core.telegram.org/bots/api#setmycommands). */
export class CommandMenu {
  private readonly logger = new Logger(CommandMenu.name);

  constructor(private readonly botApi: BotApi) {}

  /** One try, best effort: the commands work without the menu. A failure of one menu stops the others. */
  async publish(signal: AbortSignal): Promise<void> {
    for (const menu of menus()) {
      const result = await this.botApi.call((api) => api.setMyCommands(menu), signal);
      if (result.ok) continue;
      this.logger.warn({ msg: 'command menu not published', error: result.failure.description });
      return;
    }
  }
}

/** For private chats and groups, in every language; English also for languages without a translation. */
export function menus(): Menu[] {
  return scopes.flatMap(({ type, commands }) => [
    { scope: { type }, commands: described(commands, en) },
    ...translations.map((language_code) => ({
      scope: { type },
      language_code,
      commands: described(commands, languages[language_code]),
    })),
  ]);
}

/** `/start` has no use in a group. */
const inGroups = commandNames.filter((name) => name !== 'start');

/** Telegram shows admins their own menu in place of the group's. */
const scopes = [
  { type: 'all_private_chats', commands: commandNames.filter((name) => name !== 'settings') },
  { type: 'all_group_chats', commands: inGroups.filter((name) => name !== 'settings') },
  { type: 'all_chat_administrators', commands: inGroups },
] as const;

/** All but English. */
const translations = ['de', 'es', 'zh', 'ru'] as const satisfies readonly (keyof typeof languages)[];

function described(commands: readonly CommandName[], { menu }: I18n): BotCommand[] {
  return commands.map((command) => ({ command, description: menu[command] }));
}
