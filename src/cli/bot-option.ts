import type { TelegramSettings } from '../config/telegram.settings.js';
import { GiveUpError } from '../errors/errors.js';
import { UsageError } from './cli-command.js';

/**
 * Which bot is meant by the last words of a command: the one of `--bot NAME`, or that of TELEGRAM_BOT_TOKEN.
 * @throws UsageError for other words, GiveUpError where TELEGRAM_BOTS_FILE has no such bot
 */
export function botOf(
  options: readonly string[],
  telegram: TelegramSettings,
  usage: string,
): TelegramSettings {
  const [option, name, ...more] = options;
  const isGiven = option === '--bot' && name !== undefined && more.length === 0;
  if (option !== undefined && !isGiven) throw new UsageError(usage);
  const bots = telegram.ofAll();
  const bot = bots.find((one) => one.name === (name ?? null));
  if (bot) return bot;
  const known = bots.flatMap((one) => one.name ?? []).join(', ') || 'none';
  throw new GiveUpError('BOT_UNKNOWN', `no bot "${name}" in TELEGRAM_BOTS_FILE`, `it has: ${known}`);
}
