import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { PollerLock } from './poller-lock.js';
import { Receiving } from './receiving.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { TelegramModule } from '../telegram.module.js';

/** Receives updates; apart from `TelegramModule`, so that the inbox may use the channel and be used here. */
@Module({})
export class TelegramReceivingModule {
  /** @param imports the modules that export `UpdateSink` and `DatabasePool`, unless these are global */
  static with(...imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: TelegramReceivingModule,
      imports: [TelegramModule, ...imports],
      providers: [PollerLock, Receiving, WebhookMetrics],
    };
  }
}
