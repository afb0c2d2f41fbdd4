import { ArrayUnique, IsBoolean, IsIn, IsOptional, IsUrl, Matches } from 'class-validator';
import { flag, FromEnv, list } from './variable.js';

export const telegramModes = ['auto', 'webhook', 'polling', 'passive'] as const;
export type TelegramMode = (typeof telegramModes)[number];

const httpUrl = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] };

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
  @IsUrl(httpUrl, { message: 'must be an http or https address' })
  apiRoot = 'https://api.telegram.org';

  @FromEnv('TELEGRAM_WEBHOOK_SECRET', {
    description: 'expected literally in X-Telegram-Bot-Api-Secret-Token; needed where webhooks are received',
    example: 'a-long-random-word_42',
    secret: true,
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,256}$/, { message: 'must be 1-256 characters of A-Za-z0-9_-' })
  webhookSecret?: string;

  @FromEnv('TELEGRAM_WEBHOOK_SECRET_PREVIOUS', {
    description: 'accepted besides, while the secret is changed',
    example: 'the-long-random-word_41',
    secret: true,
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
  @IsUrl(httpUrl, { message: 'must be an http or https address' })
  publicUrl?: string;

  @FromEnv('TELEGRAM_ALLOWED_CHATS', {
    description: 'comma-separated chat or user ids; others get one polite refusal; unset: everybody',
    example: '123456789,-1001234567890',
    parse: list,
  })
  @ArrayUnique()
  @Matches(/^-?\d{1,19}$/, { each: true, message: 'must be whole numbers, separated by commas' })
  allowedChats: readonly string[] = [];

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

  /** The address that Telegram is told; null without `PUBLIC_URL`. */
  get webhookUrl(): string | null {
    return this.publicUrl === undefined ? null : `${this.publicUrl.replace(/\/+$/, '')}/webhook/telegram`;
  }

  /** `auto` decided. */
  get receiving(): Exclude<TelegramMode, 'auto'> {
    if (this.mode !== 'auto') return this.mode;
    return this.publicUrl ? 'webhook' : 'polling';
  }
}
