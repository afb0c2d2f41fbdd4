import { ackReport } from './ack-report.js';
import type { Bench, BenchReport } from './bench.js';
import type { Load, LoadResult } from './support/load.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { Workbench } from './support/workbench.js';

const ROUNDS = 5;
const FLAT_OUT = { seconds: 4, warmUpSeconds: 1, ratePerSecond: null } as const;
const STEADY = { seconds: 15, warmUpSeconds: 3, ratePerSecond: 500 } as const;
/** Telegram opens at most 100. */
const CONNECTIONS = 64;

/** A server that acknowledges updates, and its measurements. */
export interface Side {
  readonly name: string;
  readonly port: number;
  /** The promised least share of the durable floor; null: shown for comparison. */
  readonly goal: number | null;
  /** As fast as it can, one a round. */
  readonly flatOut: LoadResult[];
  /** At a fixed rate, with a worker beside it. */
  steady: LoadResult | null;
}

/** Measures how many updates a second one `web` process accepts, against the least cost of a durable answer. */
export const ackBench: Bench = {
  name: 'ack',
  about: 'updates that one web process accepts, each committed before its answer, against floors',
  run: async () => {
    const workbench = await Workbench.open();
    try {
      return await measure(workbench);
    } finally {
      await workbench.close();
    }
  },
};

async function measure(workbench: Workbench): Promise<BenchReport> {
  const floor = await databaseFloor(workbench, 'durable floor', './floors/durable.js');
  const bareNest = await databaseFloor(workbench, 'bare Nest controller', './floors/nest.js');
  const outsidePort = await workbench.serve(new URL('./support/slow-outside.js', import.meta.url), {}, null);
  const outside = `http://127.0.0.1:${outsidePort}`;
  const queues = workbench.redis === null ? ([null] as const) : ([workbench.redis.url, null] as const);
  const products: Side[] = [];
  for (const redisUrl of queues) products.push(await product(workbench, outside, redisUrl));
  const sides = [floor, bareNest, ...products, ...(await redisFloor(workbench))];

  progress('warming up');
  for (const side of sides) await press(workbench, side.port, FLAT_OUT);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Every other round in reverse, so that no side always follows the same one.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      side.flatOut.push(await press(workbench, side.port, FLAT_OUT));
    }
    progress(
      `round ${round + 1} of ${ROUNDS}: ${sides.map((side) => `${side.name} ${lastRate(side)}/s`).join(', ')}`,
    );
  }
  progress(
    `${STEADY.ratePerSecond}/s for ${STEADY.seconds} s each, a worker with a slow model beside the product`,
  );
  floor.steady = await press(workbench, floor.port, STEADY);
  for (const [index, side] of products.entries()) {
    side.steady = await steadily(workbench, outside, queues[index] ?? null);
  }
  return ackReport(floor, sides);
}

async function databaseFloor(workbench: Workbench, name: string, file: string): Promise<Side> {
  const env = { DATABASE_URL: await workbench.database(name.toLowerCase().replaceAll(' ', '_')) };
  const port = await workbench.serve(new URL(file, import.meta.url), env, 'server');
  return { name, port, goal: null, flatOut: [], steady: null };
}

async function redisFloor(workbench: Workbench): Promise<Side[]> {
  if (workbench.redis === null) {
    progress('no redis-server on the PATH: the rows with Redis are left out');
    return [];
  }
  const env = { REDIS_URL: workbench.redis.url };
  const port = await workbench.serve(new URL('./floors/redis-list.js', import.meta.url), env, 'server');
  return [{ name: 'Redis LPUSH floor', port, goal: null, flatOut: [], steady: null }];
}

async function product(workbench: Workbench, outside: string, redisUrl: string | null): Promise<Side> {
  const queue = redisUrl === null ? 'postgresql' : 'redis';
  const databaseUrl = await workbench.database(`product_${queue}`);
  const web = workbench.keep(startProduct({ databaseUrl, redisUrl, role: 'web', outside, part: 'server' }));
  const goal = redisUrl === null ? 0.5 : 0.6;
  return { name: `Turnpike, queue on ${queue}`, port: await web.port(), goal, flatOut: [], steady: null };
}

/** A web process at a fixed rate on an empty database, and a worker that a slow model keeps busy. */
async function steadily(workbench: Workbench, outside: string, redisUrl: string | null): Promise<LoadResult> {
  const databaseUrl = await workbench.database(`steady_${redisUrl === null ? 'postgresql' : 'redis'}`);
  const options = { databaseUrl, redisUrl, outside };
  const web = workbench.keep(startProduct({ ...options, role: 'web', part: 'server' }));
  const port = await web.port();
  const worker = workbench.keep(startProduct({ ...options, role: 'worker', part: null }));
  await worker.port();
  const result = await press(workbench, port, STEADY);
  await Promise.all([worker.stop(), web.stop()]);
  return result;
}

function press(
  { generator }: Workbench,
  port: number,
  how: Pick<Load, 'seconds' | 'warmUpSeconds' | 'ratePerSecond'>,
): Promise<LoadResult> {
  return generator.run({
    port,
    path: '/webhook/telegram',
    secret: WEBHOOK_SECRET,
    connections: CONNECTIONS,
    ...how,
  });
}

const lastRate = ({ flatOut }: Side): string => (flatOut.at(-1)?.perSecond ?? 0).toFixed(0);

const progress = (text: string): void => void process.stdout.write(`${text}\n`);
