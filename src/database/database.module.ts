import {
  type DynamicModule,
  Global,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseSettings } from '../config/database.settings.js';
import { HealthRegistry } from '../observability/health-registry.js';
import { NEVER } from '../runtime/pause.js';
import { DatabaseClock } from './database-clock.js';
import { DatabaseHealth } from './database-health.js';
import { DatabasePool } from './database-pool.js';
import { Database } from './database.js';
import { DurabilityNotice } from './durability-notice.js';
import { EmbeddedPostgres, embeddedFolder } from './embedded-postgres.js';
import { Migrator } from './migrator.js';
import { PrismaService } from './prisma.service.js';

/** What may break off the wait for a database: the process is asked to end while it starts. */
const START_SIGNAL = Symbol('turnpike:start-signal');

/** `Pool.end` waits for statements under way: for as long as this. */
const POOL_END_TIMEOUT_MS = 5_000;

/**
 * The database, ready before anybody uses it: `Database` resolves once the server runs and is migrated, and everything
 * else here needs `Database`, so that Nest builds no repository, queue or controller earlier.
 *
 * It also has to be the last to go. Nest runs `onApplicationShutdown` from the root module outwards, global modules
 * last, of these the one registered first last of all; and within a module its providers before its class. So:
 * this module is the first among the imports of the root module, and closes in the hook of its class. Workers and
 * queues close in that same phase or earlier, and still find the database.
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
   * @param embedded of the caller, who stops it where the application fails to start: Nest then calls no hook
   * @param signal breaks off the wait for a database
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
    if (this.pool.ended) return; // an application may be closed twice
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
