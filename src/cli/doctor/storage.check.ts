import { Redis } from 'ioredis';
import type { DatabaseSettings } from '../../platform/database/database.settings.js';
import type { RedisSettings } from '../../platform/throttling/redis.settings.js';
import { durabilityRisks, readCommitDurability } from '../../platform/database/commit-durability.js';
import { connectAtStart } from '../../platform/database/connect.js';
import { Migrator } from '../../platform/database/migrator.js';
import { messageOf, TurnpikeError } from '../../platform/errors/errors.js';
import { type Finding, findingsAbout } from './finding.js';

const database = findingsAbout('database');
const queue = findingsAbout('queue');

/** Checks that PostgreSQL answers, is new enough, has the tables of this version, and keeps acknowledged commits. */
export async function checkDatabase({ url, dataDir }: DatabaseSettings): Promise<readonly Finding[]> {
  if (url === undefined) {
    return [database.skipped(`DATABASE_URL is unset: the server brings its own, in ${dataDir}`)];
  }
  try {
    const missing = await new Migrator(url).missing();
    const where = `PostgreSQL at ${new URL(url).host}`;
    return [
      missing.length === 0
        ? database.ok(`${where}, all migrations applied`)
        : database.warning(
            `${where}, ${missing.length} migrations not applied yet`,
            'the next start applies them, or: npm run cli -- migrate',
          ),
      ...(await durabilityFindings(url)),
    ];
  } catch (error) {
    const hint = error instanceof TurnpikeError ? error.hint : null;
    return [database.failed(messageOf(error), hint ?? 'check DATABASE_URL and the server it names')];
  }
}

/** Settings that can lose acknowledged commits, as the log reports at start. */
async function durabilityFindings(url: string): Promise<Finding[]> {
  const client = await connectAtStart(url, { patienceMs: 0 });
  try {
    const risks = durabilityRisks(await readCommitDurability(client));
    return risks.map(({ code, says, todo }) => database.warning(`${code}: ${says}`, todo));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Checks that Redis answers and keeps its data. */
export async function checkQueue({ url }: RedisSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  if (url === undefined) return [queue.ok('REDIS_URL is unset: the queue is in PostgreSQL')];
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  const leave = () => redis.disconnect();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await redis.connect();
    await redis.ping();
    return [queue.ok(`Redis at ${new URL(url).host}`), ...(await evictionFindings(redis))];
  } catch (error) {
    return [queue.failed(`Redis: ${messageOf(error)}`, 'check REDIS_URL and the server it names')];
  } finally {
    signal.removeEventListener('abort', leave);
    redis.disconnect();
  }
}

/**
 * A Redis that loses jobs loses no message, because the sweep finds them; but it loses time. Managed ones may not say.
 */
async function evictionFindings(redis: Redis): Promise<Finding[]> {
  const info = await redis.info('memory').catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const limited = !/^maxmemory:0\s*$/m.test(info);
  if (policy === undefined || policy === 'noeviction' || !limited) return [];
  return [
    queue.warning(
      `Redis forgets keys when it is full (maxmemory-policy ${policy})`,
      'set maxmemory-policy noeviction',
    ),
  ];
}
