/** The channel of the bot of TELEGRAM_BOT_TOKEN; those of the others begin with it. */
export const MAIN_CHANNEL = 'telegram';

/** `conversations.channel` and `events.source` of a bot of TELEGRAM_BOTS_FILE. */
export const channelOfBot = (name: string): string => `${MAIN_CHANNEL}:${name}`;

/** The settings of a bot for its receivers, and for the counters of its messages. */
export interface ConfiguredBot {
  readonly channel: string;
  /** The secret that authenticates the other side. */
  readonly webhookSecret?: string;
  /** Accepted besides, while the secret is changed. */
  readonly previousWebhookSecret?: string;
}

/** The bots of the settings. Implemented by `telegram/`, as `Channel` is. */
export abstract class ConfiguredBots {
  /** At least one. The first is that of the deployment itself. */
  abstract ofAll(): readonly [ConfiguredBot, ...ConfiguredBot[]];
}
