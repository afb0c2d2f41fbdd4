import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_KEY, SECRET } from '../support/app.js';
import type { Backend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TelegramDouble } from '../support/telegram-double.js';
import { type Build, type Edit, makeBuild } from './build.js';
import { ChaosModel } from './chaos-model.js';
import { CHAT_DAY_TOKENS } from './features/budgets.js';
import { COLLECT_QUIET_MS } from './features/busy.js';
import { FreezableRoad } from './freezable-road.js';
import type { Pace } from './pace.js';
import { BreakablePostgres } from './postgres.js';
import { Slot } from './slot.js';
import type { Strike } from './strikes.js';
import { TelegramRoad } from './telegram-road.js';

const READY_WITHIN_MS = 240_000;

/** The database of a cluster, as an outsider sees it. */
export interface ClusterDatabase {
  readonly url: string;
  /** When it was broken. */
  readonly strikes: readonly Strike[];
  sql<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  heal(): Promise<void>;
  keepLog(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A cluster on whichever database. */
export type AnyCluster = Cluster<ClusterDatabase>;

/** A Redis that is broken by several faults at once gets them one after the other. */
interface BreakableRedis {
  readonly server: RedisServer;
  down: boolean;
}

/**
 * Two receivers and two workers as processes of the built product, a real PostgreSQL and, where asked for, a real Redis,
 * between doubles of Telegram and the model that keep account.
 */
export class Cluster<Database extends ClusterDatabase = BreakablePostgres> {
  readonly web: readonly [Slot, Slot];
  readonly worker: readonly [Slot, Slot];

  private constructor(
    readonly backend: Backend,
    readonly pace: Pace,
    private readonly build: Build,
    readonly postgres: Database,
    /** Of the first worker and of the second. */
    readonly databaseRoads: readonly [FreezableRoad, FreezableRoad],
    readonly redis: BreakableRedis | null,
    readonly telegram: TelegramDouble,
    readonly road: TelegramRoad,
    readonly model: ChaosModel,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    const env = this.env();
    const envOver = (databaseUrl: string) => (caller: string) => ({
      ...env,
      DATABASE_URL: databaseUrl,
      TELEGRAM_API_ROOT: road.rootOf(caller),
    });
    const direct = envOver(postgres.url);
    this.web = [new Slot('web', 0, build.main, direct), new Slot('web', 1, build.main, direct)];
    const [first, second] = databaseRoads;
    this.worker = [
      new Slot('worker', 0, build.main, envOver(first.url)),
      new Slot('worker', 1, build.main, envOver(second.url)),
    ];
  }

  /** @param settings of all processes, over those that they have in every cluster */
  static async start(
    backend: Backend,
    pace: Pace,
    changes: readonly Edit[] = [],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const cluster = await Cluster.startOn(() => BreakablePostgres.start(), backend, pace, changes, settings);
    await cluster.postgres.coverDefaults();
    return cluster;
  }

  /** On a database of its own kind. */
  static async startOn<Kind extends ClusterDatabase>(
    openDatabase: () => Promise<Kind>,
    backend: Backend,
    pace: Pace,
    changes: readonly Edit[] = [],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster<Kind>> {
    // First what may be missing: then nothing else has been started.
    const build = await makeBuild(pace, changes);
    const redis = backend === 'redis' ? { server: await startRedis(), down: false } : null;
    const postgres = await openDatabase();
    const databaseRoads = [
      await FreezableRoad.to(postgres.url),
      await FreezableRoad.to(postgres.url),
    ] as const;
    const telegram = await TelegramDouble.start();
    const road = await TelegramRoad.to(telegram.root);
    const model = await ChaosModel.start();
    const cluster = new Cluster(
      backend,
      pace,
      build,
      postgres,
      databaseRoads,
      redis,
      telegram,
      road,
      model,
      settings,
    );
    for (const slot of cluster.slots) slot.start();
    try {
      await cluster.ready();
    } catch (error) {
      const logs = await cluster.keepLogs();
      await cluster.stop();
      throw new Error(`not all processes got ready, what they said: ${logs}`, { cause: error });
    }
    return cluster;
  }

  get slots(): readonly Slot[] {
    return [...this.web, ...this.worker];
  }

  /** Whatever befell its processes and its database. */
  get strikes(): readonly Strike[] {
    return [...this.slots.flatMap(({ strikes }) => strikes), ...this.postgres.strikes];
  }

  /** Resolves when every process listens and says that it is ready. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        for (const { address, caller } of this.slots) {
          if (address === null) throw new Error(`${caller} does not listen`);
          const { status } = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(5_000) });
          if (status !== 200) throw new Error(`${caller} is not ready`);
        }
      },
      { withinMs: READY_WITHIN_MS },
    );
  }

  /** Ends what still goes wrong. */
  async heal(): Promise<void> {
    this.road.heal();
    this.model.heal();
    for (const slot of this.slots) slot.moveClock(0);
    await this.postgres.heal();
    await this.ready();
  }

  /** Writes down what the processes said. @returns the folder */
  async keepLogs(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-logs-'));
    const names = ['web-0', 'web-1', 'worker-0', 'worker-1'];
    for (const [index, { log }] of this.slots.entries()) {
      await writeFile(join(folder, `${names[index] ?? index}.log`), `${log.join('\n')}\n`);
    }
    await this.postgres.keepLog(join(folder, 'postgres.log'));
    return folder;
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await Promise.all(this.databaseRoads.map((road) => road.close()));
    await Promise.all([this.road.close(), this.telegram.close(), this.model.close()]);
    await this.redis?.server.stop();
    await this.postgres.close();
    await this.build.remove();
  }

  private env(): Record<string, string> {
    const { redis, telegram, model, pace } = this;
    return {
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'info',
      LOG_PRETTY: 'false',
      ...(redis && { REDIS_URL: redis.server.url }),
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_WEBHOOK_SECRET: SECRET,
      TELEGRAM_MODE: 'passive',
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_MODEL: 'double',
      ADMIN_API_KEY: ADMIN_KEY,
      AGENT_TURN_TIMEOUT_MS: String(pace.turnTimeoutMs),
      // Real limits, so short that what they hold back comes within a round.
      CHAT_RATE_LIMIT: '6',
      CHAT_RATE_PERIOD_MS: '2000',
      CHAT_BACKLOG_LIMIT: '1000000',
      AGENT_COLLECT_QUIET_MS: String(COLLECT_QUIET_MS),
      BUDGET_CHAT_DAY_TOKENS: String(CHAT_DAY_TOKENS),
      ...this.settings,
    };
  }
}
