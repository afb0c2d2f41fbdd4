import { Global, Module } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import { BotApi } from './bot-api/bot-api.js';
import { ChatAdmins } from './chat-admins.js';
import { GuestMessages } from './sending/guest-messages.js';
import { BotFiles } from './bot-api/bot-files.js';
import { BotIdentity } from './bot-api/bot-identity.js';
import { MessageComposer } from './message-composer.js';
import { MessageSender } from './sending/message-sender.js';
import { Pauses } from './receiving/pauses.js';
import { TokenWatch } from './bot-api/token-watch.js';
import { TelegramAccess } from './telegram-access.js';
import { TelegramChannel } from './telegram-channel.js';
import { TelegramPresence } from './sending/telegram-presence.js';
import { WebhookRegistration } from './receiving/webhook-registration.js';

/** Telegram as the agent's channel; global, because only the root may name it. How updates come in is `TelegramReceivingModule`. */
@Global()
@Module({
  providers: [
    BotApi,
    BotFiles,
    ChatAdmins,
    GuestMessages,
    MessageSender,
    BotIdentity,
    MessageComposer,
    Pauses,
    TelegramAccess,
    TelegramChannel,
    TelegramPresence,
    TokenWatch,
    WebhookRegistration,
    { provide: Channel, useExisting: TelegramChannel },
  ],
  exports: [Channel, TelegramAccess, BotApi, BotIdentity, Pauses, WebhookRegistration],
})
export class TelegramModule {}
