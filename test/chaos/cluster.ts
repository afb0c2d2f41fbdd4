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
import { FreezableProxy } from './freezable-proxy.js';
import type { Pace } from './pace.js';
import { BreakablePostgres } from './postgres.js';
import { SupervisedProcess } from './supervised-process.js';
import type { Strike } from './strikes.js';
import { TelegramProxy } from './telegram-proxy.js';

const READY_WITHIN_MS = 240_000;

/** The database of a cluster, as seen from outside. */
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

/** Several concurrent faults of Redis are applied one after the other. */
interface BreakableRedis {
  readonly server: RedisServer;
  down: boolean;
}

/**
 * Two receivers and two workers as processes of the built product, a real PostgreSQL and, if requested, a real Redis,
 * between doubles of Telegram and the model that keep records.
 */
export class Cluster<Database extends ClusterDatabase = BreakablePostgres> {
  readonly web: readonly [SupervisedProcess, SupervisedProcess];
  readonly worker: readonly [SupervisedProcess, SupervisedProcess];

  private constructor(
    readonly backend: Backend,
    readonly pace: Pace,
    private readonly build: Build,
    readonly postgres: Database,
    /** Of the first worker and of the second. */
    readonly databaseProxies: readonly [FreezableProxy, FreezableProxy],
    readonly redis: BreakableRedis | null,
    readonly telegram: TelegramDouble,
    readonly proxy: TelegramProxy,
    readonly model: ChaosModel,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    const env = this.env();
    const envOver = (databaseUrl: string) => (caller: string) => ({
      ...env,
      DATABASE_URL: databaseUrl,
      TELEGRAM_API_ROOT: proxy.rootOf(caller),
    });
    const direct = envOver(postgres.url);
    this.web = [
      new SupervisedProcess('web', 0, build.main, direct),
      new SupervisedProcess('web', 1, build.main, direct),
    ];
    const [first, second] = databaseProxies;
    this.worker = [
      new SupervisedProcess('worker', 0, build.main, envOver(first.url)),
      new SupervisedProcess('worker', 1, build.main, envOver(second.url)),
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

  /** With a database of its own kind. */
  static async startOn<Kind extends ClusterDatabase>(
    openDatabase: () => Promise<Kind>,
    backend: Backend,
    pace: Pace,
    changes: readonly Edit[] = [],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster<Kind>> {
    // First the programs that may be missing: then nothing else has been started.
    const build = await makeBuild(pace, changes);
    const redis = backend === 'redis' ? { server: await startRedis(), down: false } : null;
    const postgres = await openDatabase();
    const databaseProxies = [
      await FreezableProxy.to(postgres.url),
      await FreezableProxy.to(postgres.url),
    ] as const;
    const telegram = await TelegramDouble.start();
    const proxy = await TelegramProxy.to(telegram.root);
    const model = await ChaosModel.start();
    const cluster = new Cluster(
      backend,
      pace,
      build,
      postgres,
      databaseProxies,
      redis,
      telegram,
      proxy,
      model,
      settings,
    );
    for (const processIndex of cluster.processes) processIndex.start();
    try {
      await cluster.ready();
    } catch (error) {
      const logs = await cluster.keepLogs();
      await cluster.stop();
      throw new Error(`not all processes got ready, what they said: ${logs}`, { cause: error });
    }
    return cluster;
  }

  get processes(): readonly SupervisedProcess[] {
    return [...this.web, ...this.worker];
  }

  /** The faults of its processes and its database. */
  get strikes(): readonly Strike[] {
    return [...this.processes.flatMap(({ strikes }) => strikes), ...this.postgres.strikes];
  }

  /** Resolves when every process listens and says that it is ready. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        for (const { address, caller } of this.processes) {
          if (address === null) throw new Error(`${caller} does not listen`);
          const { status } = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(5_000) });
          if (status !== 200) throw new Error(`${caller} is not ready`);
        }
      },
      { withinMs: READY_WITHIN_MS },
    );
  }

  /** Ends the faults that last. */
  async heal(): Promise<void> {
    this.proxy.heal();
    this.model.heal();
    for (const processIndex of this.processes) processIndex.moveClock(0);
    await this.postgres.heal();
    await this.ready();
  }

  /** Writes the processes' output. @returns the folder */
  async keepLogs(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-logs-'));
    const names = ['web-0', 'web-1', 'worker-0', 'worker-1'];
    for (const [index, { log }] of this.processes.entries()) {
      await writeFile(join(folder, `${names[index] ?? index}.log`), `${log.join('\n')}\n`);
    }
    await this.postgres.keepLog(join(folder, 'postgres.log'));
    return folder;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((processIndex) => processIndex.close()));
    await Promise.all(this.databaseProxies.map((proxy) => proxy.close()));
    await Promise.all([this.proxy.close(), this.telegram.close(), this.model.close()]);
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
      // Real limits, so short that deferred messages are processed within a round.
      CHAT_RATE_LIMIT: '6',
      CHAT_RATE_PERIOD_MS: '2000',
      CHAT_BACKLOG_LIMIT: '1000000',
      AGENT_COLLECT_QUIET_MS: String(COLLECT_QUIET_MS),
      BUDGET_CHAT_DAY_TOKENS: String(CHAT_DAY_TOKENS),
      ...this.settings,
    };
  }
}
