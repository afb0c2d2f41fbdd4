import type { AccessSettings } from '../../channel/access.settings.js';
import type { ChatAdmission } from '../../channel/channel.js';
import type { Inbound } from '../../channel/inbound.js';
import type { TelegramSettings } from '../settings/telegram.settings.js';
import type { Clock } from '../../platform/runtime/clock.js';
import { BotApi } from '../bot-api/bot-api.js';
import { BotFiles } from '../bot-api/bot-files.js';
import { BotIdentity } from '../bot-api/bot-identity.js';
import { TokenWatch } from '../bot-api/token-watch.js';
import { ChatAdmins } from './chat-admins.js';
import type { Pauses } from '../bot-api/pauses.js';
import { GuestMessages } from '../sending/guest-messages.js';
import { MessageSender } from '../sending/message-sender.js';
import { TelegramPresence } from '../sending/telegram-presence.js';

/** The access settings: `TELEGRAM_ALLOWED_CHATS`, `TELEGRAM_OWNERS`, `TELEGRAM_ACCESS`. */
class TelegramAccess {
  private readonly listed: ReadonlySet<string>;
  private readonly others: ChatAdmission;

  constructor({ allowedChats }: TelegramSettings, { owners, mode }: AccessSettings) {
    this.listed = new Set([...allowedChats, ...owners]);
    this.others = mode === 'pairing' ? 'unknown' : allowedChats.length === 0 ? 'admitted' : 'refused';
  }

  /** A chat is admitted where it or its sender is listed: a listed user is served in any group. */
  admissionOf({ chat, sender }: Pick<Inbound, 'chat' | 'sender'>): ChatAdmission {
    if (this.listed.has(chat.chatId)) return 'admitted';
    return sender !== null && this.listed.has(sender.userId) ? 'admitted' : this.others;
  }
}

/** The objects of one token. Bots share nothing: one may do what Telegram refuses to another. */
export class Bot {
  readonly channel: string;
  readonly api: BotApi;
  readonly identity: BotIdentity;
  readonly access: TelegramAccess;
  readonly admins: ChatAdmins;
  readonly presence: TelegramPresence;
  readonly files: BotFiles;
  readonly sender: MessageSender;
  readonly tokenWatch: TokenWatch;

  constructor(
    readonly settings: TelegramSettings,
    access: AccessSettings,
    pauses: Pauses,
    clock: Clock,
  ) {
    this.channel = settings.channel;
    this.api = new BotApi(settings);
    this.identity = new BotIdentity(this.api, pauses);
    this.access = new TelegramAccess(settings, access);
    this.admins = new ChatAdmins(this.api, clock);
    this.presence = new TelegramPresence(this.api, settings);
    this.files = new BotFiles(this.api, settings);
    this.sender = new MessageSender(this.api, new GuestMessages(this.api));
    this.tokenWatch = new TokenWatch(settings, this.api, pauses);
  }
}
