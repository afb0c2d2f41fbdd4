import { Injectable, Logger } from '@nestjs/common';
import { AccessSettings } from '../../channel/access.settings.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { Clock } from '../../platform/runtime/clock.js';
import { Pauses } from '../bot-api/pauses.js';
import { Bot } from './bot.js';

/** The bots of this deployment. A conversation belongs to the bot that its channel names. */
@Injectable()
export class Bots {
  private readonly logger = new Logger(Bots.name);
  private readonly byChannel: ReadonlyMap<string, Bot>;
  private readonly missed = new Set<string>();

  constructor(
    private readonly settings: TelegramSettings,
    private readonly access: AccessSettings,
    private readonly pauses: Pauses,
    private readonly clock: Clock,
  ) {
    const bots = settings.ofAll().map((own) => new Bot(own, access, pauses, clock));
    this.byChannel = new Map(bots.map((bot) => [bot.channel, bot]));
  }

  /** The bot of TELEGRAM_BOT_TOKEN first. */
  get all(): readonly Bot[] {
    return [...this.byChannel.values()];
  }

  /** @param name of TELEGRAM_BOTS_FILE; null: the bot of TELEGRAM_BOT_TOKEN */
  named(name: string | null): Bot | null {
    return this.all.find(({ settings }) => settings.name === name) ?? null;
  }

  has(channel: string): boolean {
    return this.byChannel.has(channel);
  }

  /** The bot of a conversation. One that is not configured (any more) has no token: its replies wait. */
  findBot(channel: string): Bot {
    return this.byChannel.get(channel) ?? this.absent(channel);
  }

  private absent(channel: string): Bot {
    if (!this.missed.has(channel)) {
      this.missed.add(channel);
      const hint = 'put it back into TELEGRAM_BOTS_FILE, or erase its conversations';
      this.logger.warn({ msg: 'work of a bot that is not configured waits', channel, hint });
    }
    return new Bot(this.settings.ofAbsent(channel), this.access, this.pauses, this.clock);
  }
}
