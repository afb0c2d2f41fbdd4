import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { FloodSettings } from './flood.settings.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { messageOf } from '../../platform/errors/errors.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { type Count, Metrics } from '../../platform/observability/metrics.js';
import { type Ask, decideGate, type FloodLimits, type GateDecision } from './gate-decision.js';
import { FloodWindowsRepository, type SeenWindows } from './flood-windows.repository.js';

/** A chat of a channel, as the gate counts it. */
export interface FloodChat {
  readonly channel: string;
  readonly chatId: string;
  readonly chatType: string;
}

/**
 * The delay between passing a message and Telegram counting it varies. Each period is this much longer than Telegram's.
 * A chat can wait longer than the bot, whose limit all chats share.
 */
const BOT_MARGIN_MS = 100;
const CHAT_MARGIN_MS = 200;
/** "1 message a second" is counted over this many seconds, because Telegram lets short bursts pass. */
const BURST_SECONDS = 3;

/** A 429 does not say whether it limits the chat or the bot. This many limited chats in this time mean the bot. */
const SUSPICIOUS_CHATS = 3;
const SUSPICIOUS_MS = 2_000;

const TIDY_EVERY_MS = 60_000;

/**
 * Sends messages no faster than the channel accepts them: per bot, per chat and per group, across all processes, by the
 * database's clock. It never blocks: a caller that may not send yet gets the delay.
 */
@Injectable()
export class FloodGate implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(FloodGate.name);
  private tidying: NodeJS.Timeout | undefined;
  private readonly count: Count<'bot' | 'chat'>;

  constructor(
    private readonly prisma: PrismaService,
    private readonly windows: FloodWindowsRepository,
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
   * Passes one message to this chat in the caller's transaction, with whose commit it counts. Call it late in the
   * transaction: it locks rows that all senders share.
   * @returns milliseconds until the caller may ask again; 0: send it now
   */
  async pass(tx: Prisma.TransactionClient, chat: FloodChat, ask: Ask): Promise<number> {
    const [keys, limits] = [keysOf(chat), this.limitsOf(chat)];
    const { chat: chatSent, bot, now } = await this.windows.lock(tx, keys);
    const decision = decideGate(chatSent, bot, ask, limits, now);
    await this.write(tx, keys, decision, bot);
    return decision.kind === 'pass' ? 0 : decision.at - now;
  }

  /**
   * Passes one message by windows that were read without a lock.
   * @returns the writes that record it, with `passed`: see `FloodWindowsRepository.countSeen`; null: ask `pass`
   */
  passAsSeen(chat: FloodChat, ask: Ask, seen: SeenWindows): Prisma.Sql | null {
    const keys = keysOf(chat);
    const windows = this.windows.readSeen(keys, seen);
    if (windows === null) return null;
    const decision = decideGate(windows.chat, windows.bot, ask, this.limitsOf(chat), windows.now);
    return decision.kind === 'pass' ? this.windows.countSeen(keys, seen, decision.chat, decision.bot) : null;
  }

  /** As `pass`, for an edit of a streamed reply: it yields to all replies. */
  async passDraft(chat: FloodChat): Promise<number> {
    return await this.prisma.$transaction((tx) => this.pass(tx, chat, { class: 'draft', inLine: false }));
  }

  /** Records a pause that the channel asked for (429): the chat, or the whole bot, gets no message before it ends. */
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
      chatId,
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

function keysOf({ channel, chatId }: Pick<FloodChat, 'channel' | 'chatId'>): {
  bot: string;
  chat: string;
} {
  return { bot: channel, chat: `${channel}:${chatId}` };
}
