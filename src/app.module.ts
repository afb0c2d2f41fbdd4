import { type DynamicModule, Module } from '@nestjs/common';
import { ErasureModule } from './admin/conversations/erasure.module.js';
import { AdminModule } from './admin/admin.module.js';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HttpModule } from './http/http.module.js';
import { RootModule } from './http/root.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { MetricsModule } from './observability/metrics.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { PlaygroundModule } from './playground/playground.module.js';
import { SimulatorClaimModule } from './playground/simulator-claim.module.js';
import type { StandIns } from './playground/stand-ins.js';
import { WorkersModule } from './queue/workers.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RuntimeModule } from './runtime/runtime.module.js';
import { TelegramModule } from './telegram/telegram.module.js';
import { TelegramReceivingModule } from './telegram/receiving/telegram-receiving.module.js';
import { ThrottlingModule } from './throttling/throttling.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** Which rooms a process has, by its role. */
@Module({})
export class AppModule {
  /** @param database default: one that starts and stops an embedded server by itself */
  static forRoot(
    settings: Settings,
    standIns: StandIns,
    database: DynamicModule | typeof DatabaseModule = DatabaseModule,
  ): DynamicModule {
    const { server } = settings;
    const shared = [
      // First: what comes first is built first and taken down last.
      database,
      SettingsModule.forRoot(settings),
      RuntimeModule,
      HttpModule,
      RootModule,
      ObservabilityModule,
      ThrottlingModule,
      TelegramModule,
      SimulatorClaimModule.forRoot(standIns.simulator ? 'simulated' : 'real'),
    ];
    const receiving = [WebhookModule, AdminModule, TelegramReceivingModule.with(InboxModule)];
    const playground = server.production ? [] : [PlaygroundModule.forRoot(standIns.simulator)];
    return {
      module: AppModule,
      imports: [
        ...shared,
        ...(server.showsMetrics ? [MetricsModule] : []),
        ...(server.receives ? [...receiving, ...playground] : []),
        ...(server.works ? [WorkersModule, RetentionModule, ErasureModule] : []),
      ],
    };
  }
}
