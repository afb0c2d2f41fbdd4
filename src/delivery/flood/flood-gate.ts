import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { FloodSettings } from '../../config/flood.settings.js';
import { PrismaService } from '../../database/prisma.service.js';
import { messageOf } from '../../errors/errors.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { type Count, Metrics } from '../../observability/metrics.js';
import { type Ask, decideGate, type FloodLimits, type GateDecision } from './gate-decision.js';
import { FloodWindows } from './flood-windows.repository.js';

/** A chat of a channel, as the gate counts it. */
export interface FloodChat {
  readonly channel: string;
  readonly chatId: bigint;
  readonly chatType: string;
}

/**
 * From when a message is let through until Telegram counts it, time passes, now more, now less: so much longer is each
 * period than Telegram's. A chat can wait longer than the bot, whose limit all chats share.
 */
const BOT_MARGIN_MS = 100;
const CHAT_MARGIN_MS = 200;
/** "1 message a second" is counted over so many seconds, for Telegram lets short bursts pass. */
const BURST_SECONDS = 3;

/** A 429 does not say whether it is about the chat or the bot. So many chats in so short a time: it is the bot. */
const SUSPICIOUS_CHATS = 3;
const SUSPICIOUS_MS = 2_000;

const TIDY_EVERY_MS = 60_000;

/**
 * Lets messages out no faster than the channel takes them: per bot, per chat, per group, for all processes together and
 * by the database's clock. It blocks nobody: who may not send is told when to come back.
 */
@Injectable()
export class FloodGate implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(FloodGate.name);
  private tidying: NodeJS.Timeout | undefined;
  private readonly count: Count<'bot' | 'chat'>;

  constructor(
    private readonly prisma: PrismaService,
    private readonly windows: FloodWindows,
    private readonly settings: FloodSettings,
    metrics: Metrics,
  ) {
    const help = 'Pauses that the channel asked for (429), by what pauses';
    this.count = metrics.counter('flood_pauses_total', help, 'pauses', ['bot', 'chat']);
  }

  onModuleInit(): void {
    this.tidying = setInterval(() => void this.tidy(), TIDY_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.tidying);
  }

  /**
   * One message to this chat, with the caller's transaction: what passes counts with its commit. Call it late in the
   * transaction: it locks what all senders share.
   * @returns milliseconds until it may ask again; 0: it may be sent, now
   */
  async pass(tx: Prisma.TransactionClient, chat: FloodChat, ask: Ask): Promise<number> {
    const [keys, limits] = [keysOf(chat), this.limitsOf(chat)];
    const { chat: chatSent, bot, now } = await this.windows.lock(tx, keys);
    const decision = decideGate(chatSent, bot, ask, limits, now);
    await this.write(tx, keys, decision, bot);
    return decision.kind === 'pass' ? 0 : decision.at - now;
  }

  /** As `pass`, for an edit of a message that is still being written: it gives way to all replies. */
  async passDraft(chat: FloodChat): Promise<number> {
    return await this.prisma.$transaction((tx) => this.pass(tx, chat, { class: 'draft', inLine: false }));
  }

  /** The channel asked for a pause (429): nothing more is sent to this chat before it is over; or to any. */
  async limited(chat: FloodChat, retryAfterMs: number): Promise<void> {
    const keys = keysOf(chat);
    const suspicion = { chats: SUSPICIOUS_CHATS, withinMs: SUSPICIOUS_MS };
    const botPaused = await this.prisma.$transaction((tx) =>
      this.windows.pause(tx, keys, retryAfterMs, suspicion),
    );
    const { channel, chatId } = chat;
    const paused = botPaused ? 'bot' : 'chat';
    this.count(paused);
    this.logger.warn({
      msg: 'limited by the channel',
      paused,
      channel,
      chatId: String(chatId),
      retryAfterMs,
    });
  }

  limitsOf({ chatType }: Pick<FloodChat, 'chatType'>): FloodLimits {
    const { botPerSecond, chatPerSecond, groupPerMinute } = this.settings;
    const chat = {
      limit: chatPerSecond * BURST_SECONDS,
      periodMs: BURST_SECONDS * 1_000 + CHAT_MARGIN_MS,
    };
    const group = { limit: groupPerMinute, periodMs: 60_000 + CHAT_MARGIN_MS };
    return {
      bot: [{ limit: botPerSecond, periodMs: 1_000 + BOT_MARGIN_MS }],
      chat: chatType === 'private' ? [chat] : [chat, group],
    };
  }

  private async write(
    tx: Prisma.TransactionClient,
    keys: { bot: string; chat: string },
    decision: GateDecision,
    before: GateDecision['bot'],
  ): Promise<void> {
    if (decision.kind === 'pass') await this.windows.count(tx, keys, decision.chat, decision.bot);
    else if (decision.bot !== before) await this.windows.lineUp(tx, keys.bot, decision.bot);
  }

  private async tidy(): Promise<void> {
    try {
      await this.windows.prune();
    } catch (error) {
      this.logger.debug({ msg: 'flood windows not pruned', error: messageOf(error) });
    }
  }
}

export function keysOf({ channel, chatId }: Pick<FloodChat, 'channel' | 'chatId'>): {
  bot: string;
  chat: string;
} {
  return { bot: channel, chat: `${channel}:${chatId}` };
}
