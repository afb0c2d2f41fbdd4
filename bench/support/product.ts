import { resolve } from 'node:path';
import { NodeProcess } from './node-process.js';
import type { Part } from './pinning.js';

/** The secret that the load generator sends. */
export const WEBHOOK_SECRET = 'bench-secret_of-a-usual-length-0123456789';

export interface ProductOptions {
  readonly databaseUrl: string;
  /** null: the queue on PostgreSQL. */
  readonly redisUrl: string | null;
  readonly role: 'web' | 'worker';
  /** Address of the model and the Bot API. */
  readonly outside: string;
  readonly part: Part | null;
  /** Settings beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts `node dist/main.js` as an operator would; only the backlog is unlimited, because the load is all on 1,000
 * chats. BENCH_CPU_PROFILE=<folder> writes there a CPU profile of each process.
 */
export function startProduct(options: ProductOptions): NodeProcess {
  const { databaseUrl, redisUrl, role, outside, part, settings } = options;
  const profile = process.env.BENCH_CPU_PROFILE;
  return NodeProcess.start({
    args: [...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), resolve('dist', 'main.js')],
    part,
    env: {
      NODE_ENV: 'production',
      APP_ROLE: role,
      PORT: '0',
      DATABASE_URL: databaseUrl,
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
      TELEGRAM_MODE: 'passive',
      TELEGRAM_BOT_TOKEN: '1:bench',
      TELEGRAM_API_ROOT: outside,
      TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
      OPENAI_BASE_URL: `${outside}/v1`,
      OPENAI_API_KEY: 'bench',
      ADMIN_API_KEY: 'bench-admin-key-0123456789',
      CHAT_BACKLOG_LIMIT: '1000000',
      ...settings,
    },
  });
}
