import { Injectable } from '@nestjs/common';
import { TelegramSettings } from './settings/telegram.settings.js';
import { composeMessages } from './formatting/compose-messages.js';
import { composeTwoForms, type TwoForms } from './rich/compose-rich.js';

/** Composes the messages of an answer, with a rich form if `TELEGRAM_RICH_MESSAGES` asks for it. */
@Injectable()
export class MessageComposer {
  constructor(private readonly settings: TelegramSettings) {}

  /** In order; at least one. Pure. */
  compose(markdown: string): readonly TwoForms[] {
    const rich = this.settings.richMessages ? composeTwoForms(markdown) : [];
    return rich.length > 0 ? rich : composeMessages(markdown).map((message) => ({ ...message, rich: null }));
  }
}
