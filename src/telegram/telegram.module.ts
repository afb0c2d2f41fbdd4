import { Global, Module } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import { Bots } from './bots/bots.js';
import { BotsAtWork } from './bots/bots-at-work.js';
import { MessageComposer } from './message-composer.js';
import { Pauses } from './receiving/pauses.js';
import { TelegramChannel } from './telegram-channel.js';

/** Telegram as the agent's channel; global, because only the root may name it. How updates come in is `TelegramReceivingModule`. */
@Global()
@Module({
  providers: [
    Bots,
    BotsAtWork,
    MessageComposer,
    Pauses,
    TelegramChannel,
    { provide: Channel, useExisting: TelegramChannel },
  ],
  exports: [Channel, Bots, Pauses],
})
export class TelegramModule {}
