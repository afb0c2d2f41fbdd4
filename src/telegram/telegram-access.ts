import type { Admission } from '../channel/channel.js';
import type { Inbound } from '../channel/inbound.js';
import { AccessSettings } from '../config/access.settings.js';
import { TelegramSettings } from '../config/telegram.settings.js';

/** Whom the settings let in: `TELEGRAM_ALLOWED_CHATS`, `TELEGRAM_OWNERS`, `TELEGRAM_ACCESS`. */
export class TelegramAccess {
  private readonly listed: ReadonlySet<string>;
  private readonly others: Admission;

  constructor({ allowedChats }: TelegramSettings, { owners, mode }: AccessSettings) {
    this.listed = new Set([...allowedChats, ...owners]);
    this.others = mode === 'pairing' ? 'unknown' : allowedChats.length === 0 ? 'admitted' : 'refused';
  }

  /** A chat is admitted where it or its sender is listed: a listed user is served in any group. */
  admissionOf({ chat, sender }: Pick<Inbound, 'chat' | 'sender'>): Admission {
    if (this.listed.has(chat.chatId.toString())) return 'admitted';
    return sender !== null && this.listed.has(sender.userId.toString()) ? 'admitted' : this.others;
  }
}
