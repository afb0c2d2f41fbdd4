import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { SWEEP_PERIOD_MS } from '../src/workers/sweep.processor.js';
import type { Bench, BenchReport } from './bench.js';
import { type Drain, recoveryReport } from './recovery-report.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { runOnRedis } from './support/run-on-redis.js';
import type { SteeredOutside } from './support/steered-outside.js';
import { until } from './support/until.js';
import { CHATS, updateText } from './support/updates.js';
import { postAll, type WebhookTarget } from './support/webhook-request.js';
import type { Workbench } from './support/workbench.js';

const ROUNDS = 3;
/** WORKER_CONCURRENCY as it is by default: so many turns are under way when Redis is emptied. */
const UNDER_WAY = 10;
/** BullMQ's keys for the lane's events, and its waiting jobs. */
const EVENTS = 'turnpike:turns:events';
const WAITING = 'turnpike:turns:wait';

/** Measures the cost of emptying Redis under a backlog: the sweep has to bring every conversation back. */
export const recoveryBench: Bench = {
  name: 'recovery',
  about: `Redis emptied under a backlog of ${CHATS} conversations, one waiting message each`,
  run: () => runOnRedis(measure),
};

interface Stage {
  readonly target: WebhookTarget;
  readonly outside: SteeredOutside;
  readonly redis: Redis;
  readonly database: Client;
}

async function measure(
  workbench: Workbench,
  redisUrl: string,
  outside: SteeredOutside,
): Promise<BenchReport> {
  const databaseUrl = await workbench.database('recovery');
  const options = { databaseUrl, redisUrl, outside: outside.address, part: null };
  const port = await workbench.keep(startProduct({ ...options, role: 'web' })).port();
  await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
  const target = { port, path: '/webhook/telegram', secret: WEBHOOK_SECRET };
  const redis = new Redis(redisUrl);
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    return await rounds({ target, outside, redis, database });
  } finally {
    redis.disconnect();
    await database.end();
  }
}

async function rounds(stage: Stage): Promise<BenchReport> {
  const undisturbed: Drain[] = [];
  const emptied: Drain[] = [];
  await drain(stage, 0, null);
  for (let round = 0; round < ROUNDS; round += 1) {
    undisturbed.push(await drain(stage, 2 * round + 1, null));
    // Spread over the sweep's period, because the time since the last pass matters.
    emptied.push(await drain(stage, 2 * round + 2, (round * SWEEP_PERIOD_MS) / ROUNDS));
    const [before, after] = [undisturbed.at(-1), emptied.at(-1)];
    progress(
      `round ${round + 1} of ${ROUNDS}: answered in ${before?.answeredMs} ms, emptied ${after?.answeredMs} ms`,
    );
  }
  return recoveryReport(undisturbed, emptied, SWEEP_PERIOD_MS);
}

/**
 * Builds up the backlog while the model holds its answers, then releases it, and times its processing.
 * @param emptyAfterMs when Redis is emptied, after the backlog is complete; null: never
 */
async function drain(stage: Stage, round: number, emptyAfterMs: number | null): Promise<Drain> {
  const { target, outside, redis } = stage;
  outside.hold();
  const unixSeconds = Math.floor(Date.now() / 1_000);
  await postAll(
    target,
    Array.from({ length: CHATS }, (_, index) => updateText(round * CHATS + index, unixSeconds)),
  );
  await until('the backlog is complete', async () => {
    return outside.waiting === UNDER_WAY && (await redis.llen(WAITING)) === CHATS - UNDER_WAY;
  });
  await pause(emptyAfterMs ?? 0);
  const begin = Date.now();
  if (emptyAfterMs !== null) await redis.flushall();
  outside.release();
  const inLaneMs = emptyAfterMs === null ? null : (await lastBack(redis)) - begin;
  await until('every conversation is answered', () => outside.sent.size === CHATS);
  return {
    inLaneMs,
    doneMs: (await lastTurn(stage.database, begin)) - begin,
    answeredMs: Math.max(...outside.sent.values()) - begin,
  };
}

/**
 * The time at which the last waiting conversation was back in its lane: BullMQ records when it adds a job. The first
 * pass of the sweep finds them all, and only later ones can add a conversation once more.
 */
async function lastBack(redis: Redis): Promise<number> {
  const times: number[] = [];
  let after = '-';
  await until('every conversation is back in its lane', async () => {
    for (const [id, fields] of await redis.xrange(EVENTS, after, '+')) {
      after = `(${id}`;
      if (fields[fields.indexOf('event') + 1] === 'added') times.push(Number(id.split('-', 1)[0]));
    }
    return times.length >= CHATS - UNDER_WAY;
  });
  return times[CHATS - UNDER_WAY - 1] ?? Number.NaN;
}

async function lastTurn(database: Client, begin: number): Promise<number> {
  const { rows } = await database.query<{ finished: Date; turns: number }>(
    `SELECT max(finished_at) AS finished, count(*)::int AS turns FROM turns WHERE finished_at >= $1`,
    [new Date(begin)],
  );
  if (rows[0]?.turns !== CHATS) throw new Error(`${rows[0]?.turns} turns for ${CHATS} messages`);
  return rows[0].finished.getTime();
}

const progress = (text: string): void => void process.stdout.write(`${text}\n`);
