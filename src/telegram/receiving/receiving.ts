import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UpdateSink } from '../../channel/update-sink.js';
import { ServerSettings } from '../../platform/http/server.settings.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { messageOf } from '../../platform/errors/errors.js';
import { CommandMenu } from '../bot-api/command-menu.js';
import type { Bot } from '../bots/bot.js';
import { Bots } from '../bots/bots.js';
import { Pauses } from '../bot-api/pauses.js';
import { PollerLock } from './poller-lock.js';
import { Polling } from './polling.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookRegistration } from './webhook-registration.js';
import { WebhookWatch } from './webhook-watch.js';

/**
 * Receives each bot's updates from Telegram as `TELEGRAM_MODE` says, in processes that receive. The start does not wait
 * for it: the process is ready whether or not Telegram can be reached.
 */
@Injectable()
export class Receiving implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Receiving.name);
  private readonly stopping = new AbortController();
  private work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly server: ServerSettings,
    private readonly telegram: TelegramSettings,
    private readonly bots: Bots,
    private readonly sink: UpdateSink,
    private readonly pauses: Pauses,
    private readonly metrics: WebhookMetrics,
    private readonly lock: PollerLock,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.server.receives || this.telegram.receiving === 'passive') return;
    const { signal } = this.stopping;
    const menus = this.bots.all.map(({ api }) => new CommandMenu(api).publish(signal));
    this.work = Promise.all([...this.receive(signal), ...menus].map((work) => this.guarded(work)));
  }

  /** Before the providers that an update needs are destroyed. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }

  private receive(signal: AbortSignal): readonly Promise<unknown>[] {
    switch (this.telegram.receiving) {
      case 'webhook':
        return this.bots.all.map((bot) => this.register(bot, signal));
      case 'polling':
        return [this.lock.whileHolding((held) => this.poll(held), signal)];
      case 'passive':
        return [];
    }
  }

  private async register({ settings, api }: Bot, signal: AbortSignal): Promise<void> {
    const registration = new WebhookRegistration(settings, api, this.pauses);
    await registration.keepTrying(signal);
    await new WebhookWatch(settings, api, registration, this.pauses, this.metrics).run(signal);
  }

  /** All bots side by side, under one lock: a bot that cannot poll does not keep the others from it. */
  private async poll(held: AbortSignal): Promise<void> {
    const polling = this.bots.all.map(
      ({ channel, api }) => new Polling(channel, api, this.sink, this.pauses),
    );
    await Promise.all(polling.map((one) => one.run(held)));
  }

  /** Calls to Telegram reject when the process stops; that is their normal end, not a failure. */
  private async guarded(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.stopping.signal.aborted)
        this.logger.error({ msg: 'receiving failed', error: messageOf(error) });
    }
  }
}
