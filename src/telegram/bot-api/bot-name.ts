/** The bot's identity for reading updates. `username` comes without the `@`. */
export interface BotName {
  readonly id: number;
  readonly username: string;
}

/**
 * Whether `username` names this bot. While the bot does not know its own name, any bot's name matches: the first
 * seconds after a start must not lose a message, and in privacy mode a group's messages reach only the bot they name.
 * Telegram's bot names end in "bot" (https://core.telegram.org/bots/features#botfather).
 */
export function names(username: string, bot: BotName | null): boolean {
  const name = username.toLowerCase();
  return bot ? name === bot.username.toLowerCase() : name.endsWith('bot');
}
