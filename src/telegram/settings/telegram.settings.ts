import { ArrayUnique, IsBoolean, IsIn, IsNotEmpty, IsOptional, Matches } from 'class-validator';
import type { BotProfile } from './bots-file.js';
import { HttpAddress } from '../../platform/config/http-address.js';
import { channelOfBot, MAIN_CHANNEL } from '../../channel/configured-bots.js';
import { flag, FromEnv, list } from '../../platform/config/variable.js';

const telegramModes = ['auto', 'webhook', 'polling', 'passive'] as const;
export type TelegramMode = (typeof telegramModes)[number];

/** The settings of one bot: that of TELEGRAM_BOT_TOKEN, or, made by `ofBot`, one of TELEGRAM_BOTS_FILE. */
export class TelegramSettings {
  @FromEnv('TELEGRAM_BOT_TOKEN', {
    description: 'from @BotFather; unset outside production: a simulator takes Telegram’s place',
    example: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
    secret: true,
  })
  @IsOptional()
  @Matches(/^\d+:[\w-]+$/, { message: 'must look like 123456:ABC-DEF' })
  botToken?: string;

  @FromEnv('TELEGRAM_API_ROOT', {
    description: 'any Bot API server: methods are called at <root>/bot<token>/<method>',
    example: 'https://api.telegram.org',
  })
  @HttpAddress()
  apiRoot = 'https://api.telegram.org';

  @FromEnv('TELEGRAM_WEBHOOK_SECRET', {
    description: 'expected literally in X-Telegram-Bot-Api-Secret-Token; needed where webhooks are received',
    example: 'a-long-random-word_42',
    secret: true,
    opensDoor: true,
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,256}$/, { message: 'must be 1-256 characters of A-Za-z0-9_-' })
  webhookSecret?: string;

  @FromEnv('TELEGRAM_WEBHOOK_SECRET_PREVIOUS', {
    description: 'accepted besides, while the secret is changed',
    example: 'the-long-random-word_41',
    secret: true,
    opensDoor: true,
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,256}$/, { message: 'must be 1-256 characters of A-Za-z0-9_-' })
  previousWebhookSecret?: string;

  @FromEnv('TELEGRAM_MODE', {
    description:
      'webhook, polling, auto (webhook where PUBLIC_URL is set, else polling) or passive (receive webhooks, register nothing)',
    example: 'auto',
  })
  @IsIn(telegramModes)
  mode: TelegramMode = 'auto';

  @FromEnv('PUBLIC_URL', {
    description: 'the https address Telegram reaches; webhook mode registers <PUBLIC_URL>/webhook/telegram',
    example: 'https://bot.example.org',
  })
  @IsOptional()
  @HttpAddress()
  publicUrl?: string;

  @FromEnv('TELEGRAM_ALLOWED_CHATS', {
    description:
      'comma-separated chat or user ids; others get one polite refusal, which tells them their id; unset: everybody',
    example: '123456789,-1001234567890',
    placeholder: 'your-user-id',
    parse: list,
  })
  @ArrayUnique()
  @Matches(/^-?\d{1,19}$/, { each: true, message: 'must be whole numbers, separated by commas' })
  allowedChats: readonly string[] = [];

  @FromEnv('TELEGRAM_BOTS_FILE', {
    description:
      'a JSON file with further bots, {"bots": {"<name>": {...}}}, each with its token, prompt and limits',
    example: './bots.json',
  })
  @IsOptional()
  @IsNotEmpty()
  botsFile?: string;

  /** The parsed file. */
  bots: readonly BotProfile[] = [];

  /** Every token and secret in it: never printed. */
  secrets: readonly string[] = [];

  /** The name in the file; null: the bot of TELEGRAM_BOT_TOKEN. */
  name: string | null = null;

  @FromEnv('TELEGRAM_REACTIONS', {
    description: 'react to a message with 👀 while its answer is made, and with 👌 when it is ready',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  reactions = false;

  @FromEnv('TELEGRAM_RICH_MESSAGES', {
    description: 'true: answers with tables, lists, headings or formulas as rich messages (Bot API 10.2)',
    example: 'true',
    parse: flag,
  })
  @IsBoolean({ message: 'must be true or false' })
  richMessages = false;

  @FromEnv('TELEGRAM_LINK_PREVIEWS', {
    description: 'true: Telegram fetches the links of what the bot says, unasked, and shows a preview',
    example: 'true',
    parse: flag,
  })
  @IsBoolean({ message: 'must be true or false' })
  linkPreviews = false;

  /** `conversations.channel` and `events.source` of this bot. */
  get channel(): string {
    return this.name === null ? MAIN_CHANNEL : channelOfBot(this.name);
  }

  /** The address that is registered with Telegram; null without `PUBLIC_URL`. */
  get webhookUrl(): string | null {
    if (this.publicUrl === undefined) return null;
    const path = this.name === null ? 'webhook/telegram' : `webhook/telegram/${this.name}`;
    return `${this.publicUrl.replace(/\/+$/, '')}/${path}`;
  }

  /** The place where the operator finds the token, for errors and hints. */
  get tokenSetting(): string {
    return this.name === null ? 'TELEGRAM_BOT_TOKEN' : `the token of "${this.name}" in TELEGRAM_BOTS_FILE`;
  }

  /** The same for the webhook's secret. */
  get secretSetting(): string {
    return this.name === null ? 'TELEGRAM_WEBHOOK_SECRET' : 'webhookSecret';
  }

  /** The settings of each bot, this one first. */
  ofAll(): readonly [TelegramSettings, ...TelegramSettings[]] {
    return [this, ...this.bots.map((bot) => this.ofBot(bot))];
  }

  /** The settings of a bot that is not configured (any more): it has no token. */
  ofAbsent(channel: string): TelegramSettings {
    const name = channel.slice(MAIN_CHANNEL.length + 1);
    return Object.assign(new TelegramSettings(), this, { name, bots: [], botToken: undefined });
  }

  private ofBot({ name, token, webhookSecret, previousWebhookSecret, allowedChats }: BotProfile) {
    return Object.assign(new TelegramSettings(), this, {
      name,
      bots: [],
      botToken: token,
      webhookSecret: webhookSecret ?? undefined,
      previousWebhookSecret: previousWebhookSecret ?? undefined,
      allowedChats: allowedChats ?? this.allowedChats,
    });
  }

  /** The mode, if `auto` decided it. */
  get receiving(): Exclude<TelegramMode, 'auto'> {
    if (this.mode !== 'auto') return this.mode;
    return this.publicUrl ? 'webhook' : 'polling';
  }
}
