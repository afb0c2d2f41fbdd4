import { AccessSettings } from '../../src/config/access.settings.js';
import { TelegramSettings } from '../../src/config/telegram.settings.js';
import { Random } from '../../src/runtime/random.js';
import { Clock } from '../../src/runtime/clock.js';
import { Bots } from '../../src/telegram/bots/bots.js';
import { MessageComposer } from '../../src/telegram/message-composer.js';
import { Pauses } from '../../src/telegram/receiving/pauses.js';
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
  const accessSettings = Object.assign(new AccessSettings(), access);
  const bots = new Bots(settings, accessSettings, new Pauses(new Random()), new Clock());
  return [bots, new MessageComposer(settings)];
}
