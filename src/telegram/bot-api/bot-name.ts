/** Who this bot is, as far as reading updates needs it. `username` comes without the `@`. */
export interface BotName {
  readonly id: number;
  readonly username: string;
}

/**
 * Does `username` name this bot? While the bot does not know its own name yet, any bot's name will do: the first
 * seconds after a start must not lose a message, and in privacy mode a group's messages reach only the bot they name.
 * Telegram gives bots names that end in "bot" (https://core.telegram.org/bots/features#botfather).
 */
export function names(username: string, bot: BotName | null): boolean {
  const name = username.toLowerCase();
  return bot ? name === bot.username.toLowerCase() : name.endsWith('bot');
}
