import type { ChatAdmission } from '../../channel/channel.js';
import type { Inbound } from '../../channel/inbound.js';
import { AccessSettings } from '../../channel/access.settings.js';
import { TelegramSettings } from '../settings/telegram.settings.js';

/** The access settings: `TELEGRAM_ALLOWED_CHATS`, `TELEGRAM_OWNERS`, `TELEGRAM_ACCESS`. */
export class TelegramAccess {
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
