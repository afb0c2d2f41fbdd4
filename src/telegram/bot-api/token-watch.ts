import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HealthPart } from '../../observability/health-part.js';
import { HealthRegistry } from '../../observability/health-registry.js';
import { Pauses } from '../receiving/pauses.js';
import { BotApi } from './bot-api.js';

/**
 * What follows when Telegram does not know the token (401): nothing more is called, the process is not ready, and one
 * probe at a time, at growing intervals, finds out when that is over. What waits to be sent is then sent.
 */
@Injectable()
export class TokenWatch extends HealthPart implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly name = 'telegramToken';
  private readonly logger = new Logger(TokenWatch.name);
  private readonly stopping = new AbortController();
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly botApi: BotApi,
    private readonly pauses: Pauses,
    private readonly registry: HealthRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.add(this);
  }

  onApplicationBootstrap(): void {
    this.watching = this.watch(this.stopping.signal);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  async check(): Promise<void> {
    await Promise.resolve();
    if (this.botApi.tokenRefused) throw new Error('Telegram does not know TELEGRAM_BOT_TOKEN');
  }

  /** Until `signal` is aborted. Never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    while (await this.botApi.whenTokenRefused(signal)) {
      this.logger.error({
        msg: 'Telegram does not know the bot’s token, nothing is sent',
        hint: 'set TELEGRAM_BOT_TOKEN to the token that @BotFather shows for the bot, and start again',
      });
      await this.probe(signal);
      if (!this.botApi.tokenRefused) this.logger.log({ msg: 'Telegram knows the token again' });
    }
  }

  private async probe(signal: AbortSignal): Promise<void> {
    for (let failures = 1; this.botApi.tokenRefused && !signal.aborted; failures++) {
      await this.pauses.wait(this.pauses.afterFailures(failures), signal);
      // Rejects when it is aborted, and then the loop ends.
      await this.botApi.tryToken(signal).catch(() => undefined);
    }
  }
}
