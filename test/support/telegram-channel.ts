import { AccessSettings } from '../../src/channel/access.settings.js';
import { TelegramSettings } from '../../src/telegram/settings/telegram.settings.js';
import { Random } from '../../src/platform/runtime/random.js';
import { Clock } from '../../src/platform/runtime/clock.js';
import { Bots } from '../../src/telegram/bots/bots.js';
import { MessageComposer } from '../../src/telegram/message-composer.js';
import { Pauses } from '../../src/telegram/bot-api/pauses.js';
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

/** The parts of such a channel, for extensions of it. */
export function telegramParts(
  { token, root }: Pick<TelegramDouble, 'token' | 'root'>,
  overrides: Partial<TelegramSettings> = {},
  access: Partial<AccessSettings> = {},
): ConstructorParameters<typeof TelegramChannel> {
  const settings = Object.assign(new TelegramSettings(), { botToken: token, apiRoot: root }, overrides);
  const accessSettings = Object.assign(new AccessSettings(), access);
  const bots = new Bots(settings, accessSettings, new Pauses(new Random()), new Clock());
  return [bots, new MessageComposer(settings)];
}
