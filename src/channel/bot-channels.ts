/** The channel of the bot of TELEGRAM_BOT_TOKEN; those of the others begin with it. */
export const MAIN_CHANNEL = 'telegram';

/** `conversations.channel` and `events.source` of a bot of TELEGRAM_BOTS_FILE. */
export const channelOfBot = (name: string): string => `${MAIN_CHANNEL}:${name}`;
