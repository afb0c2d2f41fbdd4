import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { type IsolatedEntry, noIsolation } from './agent/loop/isolation/isolated-entry.js';
import { IsolationModule } from './agent/loop/isolation/isolation.module.js';
import type { Settings } from './settings/settings.js';
import { SettingsModule } from './platform/config/settings.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { RootModule } from './platform/http/root.module.js';
import { ObservabilityModule } from './platform/observability/observability.module.js';
import { SimulatorClaimModule } from './playground/simulator-claim.module.js';
import type { StandIns } from './playground/stand-ins.js';
import { RuntimeModule } from './platform/runtime/runtime.module.js';
import { TelegramModule } from './telegram/telegram.module.js';
import { ThrottlingModule } from './platform/throttling/throttling.module.js';

type Imports = (Type | DynamicModule)[];

/**
 * The modules of a process, by its role. Modules that not every process has are imported when they are chosen, so that
 * a process loads neither the files nor the packages of the others: `process-modules.spec.ts` lists them.
 */
@Module({})
export class AppModule {
  /**
   * @param database default: one that starts and stops an embedded server by itself
   * @param isolated starts a process for an isolated run
   */
  static async forRoot(
    settings: Settings,
    standIns: StandIns,
    database: DynamicModule | typeof DatabaseModule = DatabaseModule,
    isolated = noIsolation,
  ): Promise<DynamicModule> {
    const { server } = settings;
    return {
      module: AppModule,
      imports: [
        ...foundation(settings, database, isolated),
        HttpModule,
        RootModule,
        SimulatorClaimModule.forRoot(standIns.simulator ? 'simulated' : 'real'),
        ...(server.showsMetrics ? await metrics() : []),
        ...(server.receives ? await receiving() : []),
        ...(server.receives && !server.production ? await playground(standIns) : []),
        ...(server.works ? await working() : []),
      ],
    };
  }

  /**
   * For a process that makes one run of one turn for another one: it receives nothing, and takes nothing from a queue.
   */
  static async forIsolatedRun(settings: Settings): Promise<DynamicModule> {
    const { AgentModule } = await import('./agent/agent.module.js');
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
): Imports {
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

async function metrics(): Promise<Imports> {
  const { MetricsModule } = await import('./platform/observability/metrics.module.js');
  return [MetricsModule];
}

/** The receiving side: in the roles `web` and `all`. */
async function receiving(): Promise<Imports> {
  const [{ WebhookModule }, { AdminModule }, { TelegramReceivingModule }, { InboxModule }] =
    await Promise.all([
      import('./webhook/webhook.module.js'),
      import('./admin/admin.module.js'),
      import('./telegram/receiving/telegram-receiving.module.js'),
      import('./inbox/inbox.module.js'),
    ]);
  return [WebhookModule, AdminModule, TelegramReceivingModule.with(InboxModule)];
}

async function playground({ simulator }: StandIns): Promise<Imports> {
  const { PlaygroundModule } = await import('./playground/playground.module.js');
  return [PlaygroundModule.forRoot(simulator)];
}

/** The consuming side: in the roles `worker` and `all`. */
async function working(): Promise<Imports> {
  const [{ WorkersModule }, { RetentionModule }, { ErasureModule }] = await Promise.all([
    import('./workers/workers.module.js'),
    import('./retention/retention.module.js'),
    import('./memory/erasure/erasure.module.js'),
  ]);
  return [WorkersModule, RetentionModule, ErasureModule];
}
