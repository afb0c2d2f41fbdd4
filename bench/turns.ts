import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import type { Bench, BenchReport, Verdict } from './bench.js';
import type { FloorMessage } from './floors/worker.js';
import { NodeProcess } from './support/node-process.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { median } from './support/statistics.js';
import { runOnRedis } from './support/run-on-redis.js';
import type { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import { chatOf, updateText } from './support/updates.js';
import { postAll } from './support/webhook-request.js';
import type { Workbench } from './support/workbench.js';
import { fileURLToPath } from 'node:url';

const ROUNDS = 3;
/** Messages of one round, each of a chat of its own: fewer would measure how the program warms up. */
const MESSAGES = 1_000;
/** Clock ticks a second, by which Linux counts CPU time (`man 5 proc_pid_stat`). */
const TICKS = 100;
/** So many turns wait for the model before a round begins: WORKER_CONCURRENCY as it is by default. */
const UNDER_WAY = 10;

/** One way to answer messages, and what was measured on it. */
interface Side {
  readonly name: string;
  readonly worker: NodeProcess;
  /** Makes so many messages wait. @param first the number of the first one */
  readonly say: (first: number, count: number) => Promise<void>;
  readonly perSecond: number[];
  readonly cpuMs: number[];
}

/** What a turn costs the worker, model and Telegram answering at once, against the least that it could cost. */
export const turnsBench: Bench = {
  name: 'turns',
  about: 'turns a second of one worker on one core, and its CPU time a turn, against a bare BullMQ worker',
  run: () => runOnRedis(measure),
};

async function measure(
  workbench: Workbench,
  redisUrl: string,
  outside: SteeredOutside,
): Promise<BenchReport> {
  const floor = await floorSide(workbench, redisUrl, outside);
  const sides = [
    floor,
    await productSide(workbench, 'Turnpike, queue on Redis', redisUrl, outside),
    await productSide(workbench, 'Turnpike, queue on PostgreSQL', null, outside),
  ];
  for (const side of sides) await round(side, outside, 0);
  for (const side of sides) side.perSecond.length = side.cpuMs.length = 0;
  for (let number = 1; number <= ROUNDS; number += 1)
    for (const side of number % 2 === 0 ? sides : sides.toReversed()) {
      await round(side, outside, number);
      process.stdout.write(
        `round ${number} of ${ROUNDS}: ${side.name} ${side.perSecond.at(-1)?.toFixed(1)}/s\n`,
      );
    }
  return report(floor, sides);
}

/** Builds up a backlog while the model keeps its answers, then times how it is worked off. */
async function round(side: Side, outside: SteeredOutside, number: number): Promise<void> {
  const { worker } = side;
  outside.hold();
  await side.say(number * MESSAGES, MESSAGES);
  await until(`${side.name}: turns wait for the model`, () => outside.waiting === UNDER_WAY);
  const [begin, cpuBefore] = [performance.now(), cpuMsOf(worker)];
  outside.release();
  await until(`${side.name}: every message is answered`, () => outside.sent.size === MESSAGES);
  const ms = performance.now() - begin;
  side.perSecond.push((MESSAGES / ms) * 1_000);
  side.cpuMs.push((cpuMsOf(worker) - cpuBefore) / MESSAGES);
}

async function floorSide(workbench: Workbench, redisUrl: string, outside: SteeredOutside): Promise<Side> {
  const worker = workbench.keep(
    NodeProcess.start({
      args: [fileURLToPath(new URL('./floors/worker.js', import.meta.url))],
      env: {
        DATABASE_URL: await workbench.database('floor'),
        REDIS_URL: redisUrl,
        OUTSIDE: outside.address,
      },
      part: 'server',
    }),
  );
  await worker.port();
  const queue = new Queue<FloorMessage>('floor', { connection: { url: redisUrl } });
  const say = async (first: number, count: number) => {
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    await queue.addBulk(numbers.map((n) => ({ name: 'm', data: { chatId: chatOf(n), text: 'Hello' } })));
  };
  return { name: 'bare BullMQ worker', worker, say, perSecond: [], cpuMs: [] };
}

async function productSide(
  workbench: Workbench,
  name: string,
  redisUrl: string | null,
  outside: SteeredOutside,
): Promise<Side> {
  const databaseUrl = await workbench.database(redisUrl ? 'product_redis' : 'product_postgresql');
  // The limits of Telegram would be what is measured.
  const settings = {
    TELEGRAM_BOT_PER_SECOND: '100000',
    TELEGRAM_CHAT_PER_SECOND: '100000',
  };
  const options = { databaseUrl, redisUrl, outside: outside.address, settings };
  const port = await workbench.keep(startProduct({ ...options, role: 'web', part: 'load' })).port();
  const worker = workbench.keep(startProduct({ ...options, role: 'worker', part: 'server' }));
  await worker.port();
  const target = { port, path: '/webhook/telegram', secret: WEBHOOK_SECRET };
  const say = async (first: number, count: number) => {
    const unixSeconds = Math.floor(Date.now() / 1_000);
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    await postAll(
      target,
      numbers.map((n) => updateText(n, unixSeconds, chatOf(n), 'Hello')),
    );
  };
  return { name, worker, say, perSecond: [], cpuMs: [] };
}

/** User and system time of a process so far; NaN where the system does not tell. */
function cpuMsOf({ child }: NodeProcess): number {
  try {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000;
  } catch {
    return Number.NaN;
  }
}

function report(floor: Side, sides: readonly Side[]): BenchReport {
  const rateOf = ({ perSecond }: Side) => median(perSecond);
  const cpuOf = ({ cpuMs }: Side) => median(cpuMs);
  const rows = sides.map((side) => [
    side.name,
    rateOf(side).toFixed(1),
    (rateOf(side) / rateOf(floor)).toFixed(2),
    cpuOf(side).toFixed(1),
    (cpuOf(side) / cpuOf(floor)).toFixed(1),
  ]);
  const verdicts: Verdict[] = sides
    .filter((side) => side !== floor)
    .flatMap((side) => [
      ratio(
        `${side.name}: turns a second, at least 0.5 of the floor`,
        rateOf(side) / rateOf(floor),
        (x) => x >= 0.5,
      ),
      ratio(`${side.name}: CPU a turn, at most twice the floor`, cpuOf(side) / cpuOf(floor), (x) => x <= 2),
    ]);
  return {
    text: table(['', 'turns/s', 'of floor', 'CPU ms a turn', 'of floor'], rows),
    verdicts,
    data: { sides: sides.map(({ name, perSecond, cpuMs }) => ({ name, perSecond, cpuMs })) },
  };
}

const ratio = (promise: string, measured: number, holds: (measured: number) => boolean): Verdict => ({
  promise,
  measured,
  holds: holds(measured),
});
