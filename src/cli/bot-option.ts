import type { TelegramSettings } from '../telegram/settings/telegram.settings.js';
import { GiveUpError } from '../platform/errors/errors.js';

/** The option that `CliCommand.botOption` adds. */
export interface BotOption {
  /** A name in TELEGRAM_BOTS_FILE. */
  readonly bot?: string;
}

/**
 * Finds the bot of `--bot NAME`, or without it the one of TELEGRAM_BOT_TOKEN.
 * @throws GiveUpError if TELEGRAM_BOTS_FILE has no such bot
 */
export function findBot({ bot: name }: BotOption, telegram: TelegramSettings): TelegramSettings {
  const bots = telegram.ofAll();
  const bot = bots.find((one) => one.name === (name ?? null));
  if (bot) return bot;
  const known = bots.flatMap((one) => one.name ?? []).join(', ') || 'none';
  throw new GiveUpError('BOT_UNKNOWN', `no bot "${name}" in TELEGRAM_BOTS_FILE`, `it has: ${known}`);
}
