import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { en } from '../../platform/i18n/en.js';
import { languages } from '../../platform/i18n/i18n-for.js';
import { BotApi } from './bot-api.js';
import { commandNames } from './bot-commands.js';
import { CommandMenu, menus } from './command-menu.js';

let telegram: TelegramDouble;

beforeEach(async () => {
  telegram = await TelegramDouble.start();
});
afterEach(() => telegram.close());

const publish = () => {
  const settings = { botToken: telegram.token, apiRoot: telegram.root };
  const menu = new CommandMenu(new BotApi(Object.assign(new TelegramSettings(), settings)));
  return menu.publish(new AbortController().signal);
};
const published = () =>
  telegram.callsOf('setMyCommands').map(({ params }) => [params['scope'], params['language_code']]);

describe('The menu of commands', () => {
  it('is published for private chats, groups and their admins, in every language and for all others', async () => {
    await publish();
    expect(published()).toEqual(
      ['all_private_chats', 'all_group_chats', 'all_chat_administrators'].flatMap((type) =>
        [undefined, 'de', 'es', 'zh', 'ru'].map((language) => [{ type }, language]),
      ),
    );
  });

  it('contains every language and every command', () => {
    const codes = new Set(menus().map(({ language_code: code }) => code ?? 'en'));
    expect(codes).toEqual(new Set(Object.keys(languages)));
    expect(new Set(commandNames)).toEqual(new Set(Object.keys(en.menu)));
    for (const { scope, commands } of menus()) {
      const names = commands.map(({ command }) => command);
      expect(names).toEqual(
        commandNames.filter(
          (name) =>
            (name !== 'start' || scope.type === 'all_private_chats') &&
            (name !== 'settings' || scope.type === 'all_chat_administrators'),
        ),
      );
    }
  });

  it('has the same texts in every scope of a language', () => {
    const german = menus().filter(({ language_code: code }) => code === 'de');
    expect(
      german.map(({ commands }) => commands.find(({ command }) => command === 'schedules')?.description),
    ).toEqual(Array.from({ length: 3 }, () => 'Was hier geplant ist'));
  });

  it('is skipped where Telegram refuses it, without further tries', async () => {
    telegram.failNext({ method: 'setMyCommands', with: failures.limited(30) });
    await expect(publish()).resolves.toBeUndefined();
    expect(published()).toHaveLength(1);
  });
});
