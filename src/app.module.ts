import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ErasureModule } from './admin/conversations/erasure.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AgentModule } from './agent/agent.module.js';
import { type IsolatedEntry, noIsolation } from './agent/isolation/isolated-entry.js';
import { IsolationModule } from './agent/isolation/isolation.module.js';
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
  /**
   * @param database default: one that starts and stops an embedded server by itself
   * @param isolated how a process for a suspect is started
   */
  static forRoot(
    settings: Settings,
    standIns: StandIns,
    database: DynamicModule | typeof DatabaseModule = DatabaseModule,
    isolated = noIsolation,
  ): DynamicModule {
    const { server } = settings;
    const shared = [
      ...foundation(settings, database, isolated),
      HttpModule,
      RootModule,
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
  /** Of a process that makes one run of one turn for another one: it receives nothing, and takes nothing from a queue. */
  static forIsolatedRun(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [...foundation(settings, DatabaseModule, noIsolation), AgentModule],
    };
  }
}

function foundation(
  settings: Settings,
  database: DynamicModule | typeof DatabaseModule,
  isolated: IsolatedEntry,
): (Type | DynamicModule)[] {
  return [
    // First: what comes first is built first and taken down last.
    database,
    SettingsModule.forRoot(settings),
    RuntimeModule,
    ObservabilityModule,
    ThrottlingModule,
    TelegramModule,
    IsolationModule.forRoot(isolated),
  ];
}
