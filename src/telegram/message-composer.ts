import { Injectable } from '@nestjs/common';
import { TelegramSettings } from './settings/telegram.settings.js';
import { composeTwoForms, type TwoForms } from './rich/compose-rich.js';
import { formatMarkdown } from './formatting/format-markdown.js';
import type { FormattedText } from './formatting/formatted-text.js';
import { splitFormatted } from './formatting/split-formatted.js';

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

const NOTHING_TO_SHOW: FormattedText = { text: '…', entities: [] };

/**
 * The messages that show a model's answer, in order, none of which Telegram can refuse for its text or entities.
 * At least one: an answer with nothing visible in it becomes `…`.
 */
export function composeMessages(markdown: string): FormattedText[] {
  const parts = splitFormatted(formatMarkdown(markdown));
  return parts.length > 0 ? parts : [NOTHING_TO_SHOW];
}
