import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { CommandMenu } from '../bot-api/command-menu.js';
import { PollerLock } from './poller-lock.js';
import { Polling } from './polling.js';
import { Receiving } from './receiving.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookWatch } from './webhook-watch.js';
import { TelegramModule } from '../telegram.module.js';

/** Makes updates come in; apart from `TelegramModule`, so that the inbox's side may use the channel and be used here. */
@Module({})
export class TelegramReceivingModule {
  /** @param imports the modules that export `UpdateSink` and `DatabasePool`, unless these are global */
  static with(...imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: TelegramReceivingModule,
      imports: [TelegramModule, ...imports],
      providers: [CommandMenu, PollerLock, Polling, Receiving, WebhookMetrics, WebhookWatch],
    };
  }
}
