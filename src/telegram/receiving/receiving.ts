import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ServerSettings } from '../../config/server.settings.js';
import { TelegramSettings } from '../../config/telegram.settings.js';
import { messageOf } from '../../errors/errors.js';
import { CommandMenu } from '../bot-api/command-menu.js';
import { PollerLock } from './poller-lock.js';
import { Polling } from './polling.js';
import { WebhookWatch } from './webhook-watch.js';
import { WebhookRegistration } from './webhook-registration.js';

/**
 * Makes Telegram's updates come in, as `TELEGRAM_MODE` says, in processes that receive. All in the background: the
 * process is ready whether or not Telegram can be reached.
 */
@Injectable()
export class Receiving implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Receiving.name);
  private readonly stopping = new AbortController();
  private work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly server: ServerSettings,
    private readonly telegram: TelegramSettings,
    private readonly webhook: WebhookRegistration,
    private readonly watch: WebhookWatch,
    private readonly polling: Polling,
    private readonly lock: PollerLock,
    private readonly menu: CommandMenu,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.server.receives || this.telegram.receiving === 'passive') return;
    const { signal } = this.stopping;
    this.work = Promise.all([this.guarded(this.receive(signal)), this.guarded(this.menu.publish(signal))]);
  }

  /** Before anything that an update needs is taken down. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }

  private async receive(signal: AbortSignal): Promise<void> {
    switch (this.telegram.receiving) {
      case 'webhook':
        await this.webhook.keepTrying(signal);
        return this.watch.run(signal);
      case 'polling':
        return this.lock.whileHolding((held) => this.polling.run(held), signal);
      case 'passive':
        return;
    }
  }

  /** Calls to Telegram reject when the process stops; that is how they end, not a failure. */
  private async guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.stopping.signal.aborted)
        this.logger.error({ msg: 'receiving failed', error: messageOf(error) });
    }
  }
}
