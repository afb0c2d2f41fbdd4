import { Injectable } from '@nestjs/common';
import type { Inbound } from '../channel/inbound.js';
import { TelegramSettings } from '../config/telegram.settings.js';

/** Who may talk to the bot: `TELEGRAM_ALLOWED_CHATS`. */
@Injectable()
export class TelegramAccess {
  private readonly allowed: ReadonlySet<string>;

  constructor(settings: TelegramSettings) {
    this.allowed = new Set(settings.allowedChats);
  }

  /** True where nothing is restricted, or the chat or its sender is listed: a listed user is served in any group. */
  isAllowed({ chat, sender }: Pick<Inbound, 'chat' | 'sender'>): boolean {
    if (this.allowed.size === 0) return true;
    return (
      this.allowed.has(chat.chatId.toString()) ||
      (sender !== null && this.allowed.has(sender.userId.toString()))
    );
  }
}
