import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ErasureModule } from './memory/erasure/erasure.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AgentModule } from './agent/agent.module.js';
import { type IsolatedEntry, noIsolation } from './agent/loop/isolation/isolated-entry.js';
import { IsolationModule } from './agent/loop/isolation/isolation.module.js';
import type { Settings } from './settings/settings.js';
import { SettingsModule } from './platform/config/settings.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { RootModule } from './platform/http/root.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { MetricsModule } from './platform/observability/metrics.module.js';
import { ObservabilityModule } from './platform/observability/observability.module.js';
import { PlaygroundModule } from './playground/playground.module.js';
import { SimulatorClaimModule } from './playground/simulator-claim.module.js';
import type { StandIns } from './playground/stand-ins.js';
import { WorkersModule } from './workers/workers.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RuntimeModule } from './platform/runtime/runtime.module.js';
import { TelegramModule } from './telegram/telegram.module.js';
import { TelegramReceivingModule } from './telegram/receiving/telegram-receiving.module.js';
import { ThrottlingModule } from './platform/throttling/throttling.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** The modules of a process, by its role. */
@Module({})
export class AppModule {
  /**
   * @param database default: one that starts and stops an embedded server by itself
   * @param isolated starts a process for an isolated run
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
  /**
   * For a process that makes one run of one turn for another one: it receives nothing, and takes nothing from a queue.
   */
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
    // First: the first import is built first and closed last.
    database,
    SettingsModule.forRoot(settings),
    RuntimeModule,
    ObservabilityModule,
    ThrottlingModule,
    TelegramModule,
    IsolationModule.forRoot(isolated),
  ];
}
