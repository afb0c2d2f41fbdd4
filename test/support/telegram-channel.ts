import { AccessSettings } from '../../src/config/access.settings.js';
import { TelegramSettings } from '../../src/config/telegram.settings.js';
import { Random } from '../../src/runtime/random.js';
import { BotApi } from '../../src/telegram/bot-api/bot-api.js';
import { MessageSender } from '../../src/telegram/sending/message-sender.js';
import { GuestMessages } from '../../src/telegram/sending/guest-messages.js';
import { BotFiles } from '../../src/telegram/bot-api/bot-files.js';
import { BotIdentity } from '../../src/telegram/bot-api/bot-identity.js';
import { Clock } from '../../src/runtime/clock.js';
import { ChatAdmins } from '../../src/telegram/chat-admins.js';
import { MessageComposer } from '../../src/telegram/message-composer.js';
import { Pauses } from '../../src/telegram/receiving/pauses.js';
import { TelegramPresence } from '../../src/telegram/sending/telegram-presence.js';
import { TelegramAccess } from '../../src/telegram/telegram-access.js';
import { TelegramChannel } from '../../src/telegram/telegram-channel.js';
import type { TelegramDouble } from './telegram-double.js';

/** The Telegram channel, talking to a double over HTTP. */
export function telegramChannel(
  telegram: Pick<TelegramDouble, 'token' | 'root'>,
  overrides: Partial<TelegramSettings> = {},
  access: Partial<AccessSettings> = {},
): TelegramChannel {
  return new TelegramChannel(...telegramParts(telegram, overrides, access));
}

/** What such a channel is made of, for those that extend it. */
export function telegramParts(
  { token, root }: Pick<TelegramDouble, 'token' | 'root'>,
  overrides: Partial<TelegramSettings> = {},
  access: Partial<AccessSettings> = {},
): ConstructorParameters<typeof TelegramChannel> {
  const settings = Object.assign(new TelegramSettings(), { botToken: token, apiRoot: root }, overrides);
  const botApi = new BotApi(settings);
  const identity = new BotIdentity(botApi, new Pauses(new Random()));
  return [
    botApi,
    identity,
    new TelegramAccess(settings, Object.assign(new AccessSettings(), access)),
    new TelegramPresence(botApi, settings),
    new MessageComposer(settings),
    new BotFiles(botApi, settings),
    new MessageSender(botApi, new GuestMessages(botApi)),
    new ChatAdmins(botApi, new Clock()),
  ];
}
