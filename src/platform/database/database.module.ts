import {
  type DynamicModule,
  Global,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseSettings } from './database.settings.js';
import { HealthRegistry } from '../health/health-registry.js';
import { NEVER } from '../runtime/pause.js';
import { DatabaseClock } from './database-clock.js';
import { DatabaseHealth } from './database-health.js';
import { DatabasePool } from './database-pool.js';
import { Database } from './database.js';
import { DurabilityNotice } from './commit-durability.js';
import { EmbeddedPostgres, embeddedFolder } from './embedded-postgres.js';
import { Migrator } from './migrator.js';
import { PrismaService } from './prisma.service.js';

/** Aborts the wait for a database when the process is stopped during its start. */
const START_SIGNAL = Symbol('turnpike:start-signal');

/** `Pool.end` waits this long for statements under way. */
const POOL_END_TIMEOUT_MS = 5_000;

/**
 * The database, ready before its first use: `Database` resolves once the server runs and is migrated, and everything
 * else here needs `Database`, so that Nest builds no repository, queue or controller earlier.
 *
 * It also has to close last. Nest runs `onApplicationShutdown` from the root module outwards, global modules last, of
 * these the one registered first last of all; and within a module its providers before its class. So this module is the
 * first import of the root module, and closes in the hook of its class. Workers and queues close in that phase or
 * earlier, while the database still works.
 */
@Global()
@Module({
  providers: [
    {
      provide: EmbeddedPostgres,
      useFactory: ({ dataDir }: DatabaseSettings) => new EmbeddedPostgres(embeddedFolder(dataDir)),
      inject: [DatabaseSettings],
    },
    { provide: START_SIGNAL, useValue: NEVER },
    {
      provide: Database,
      useFactory: async (settings: DatabaseSettings, embedded: EmbeddedPostgres, signal: AbortSignal) => {
        const url = settings.url ?? (await embedded.start());
        await new Migrator(url).apply(signal);
        return new Database(url);
      },
      inject: [DatabaseSettings, EmbeddedPostgres, START_SIGNAL],
    },
    {
      provide: DatabasePool,
      useFactory: (database: Database, settings: DatabaseSettings) => new DatabasePool(database, settings),
      inject: [Database, DatabaseSettings],
    },
    PrismaService,
    DurabilityNotice,
    DatabaseClock,
    DatabaseHealth,
  ],
  exports: [Database, DatabasePool, PrismaService, DatabaseClock, DatabaseHealth],
})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseModule.name);

  /**
   * @param embedded of the caller, who stops it if the application fails to start: Nest then calls no hook
   * @param signal aborts the wait for a database
   */
  static forProcess(embedded: EmbeddedPostgres, signal: AbortSignal): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: EmbeddedPostgres, useValue: embedded },
        { provide: START_SIGNAL, useValue: signal },
      ],
    };
  }

  constructor(
    private readonly prisma: PrismaService,
    private readonly pool: DatabasePool,
    private readonly embedded: EmbeddedPostgres,
    private readonly health: DatabaseHealth,
    private readonly registry: HealthRegistry,
    private readonly durability: DurabilityNotice,
  ) {}

  async onModuleInit(): Promise<void> {
    this.registry.add(this.health);
    await this.durability.tell();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.pool.ended) return; // An application may be closed twice.
    await this.prisma.$disconnect();
    const abandoned = new AbortController();
    await Promise.race([
      this.pool.end(),
      pause(POOL_END_TIMEOUT_MS, null, { signal: abandoned.signal, ref: false }).then(
        () => this.logger.warn({ msg: 'statements still under way at shutdown were abandoned' }),
        () => undefined,
      ),
    ]);
    abandoned.abort();
    await this.embedded.stop();
  }
}
