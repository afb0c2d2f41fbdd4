import { Global, Module } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import { WithConsole } from '../channel/with-console.js';
import { ConfiguredBots } from '../channel/configured-bots.js';
import { Bots } from './bots/bots.js';
import { BotsAtWork } from './bots/bots-at-work.js';
import { MessageComposer } from './message-composer.js';
import { Pauses } from './bot-api/pauses.js';
import { TelegramSettings } from './settings/telegram.settings.js';
import { TelegramChannel } from './telegram-channel.js';

/**
 * Telegram as the agent's channel; global, because only the root may name it. `TelegramReceivingModule` receives the
 * updates.
 */
@Global()
@Module({
  providers: [
    Bots,
    BotsAtWork,
    MessageComposer,
    Pauses,
    TelegramChannel,
    {
      provide: Channel,
      useFactory: (channel: TelegramChannel) => new WithConsole(channel),
      inject: [TelegramChannel],
    },
    { provide: ConfiguredBots, useExisting: TelegramSettings },
  ],
  exports: [Channel, ConfiguredBots, Bots, Pauses],
})
export class TelegramModule {}
