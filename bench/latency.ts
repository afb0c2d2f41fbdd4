import type { Bench, BenchReport, Verdict } from './bench.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { runOnRedis } from './support/run-on-redis.js';
import { median } from './support/statistics.js';
import type { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import { chatOf, updateText } from './support/updates.js';
import { postAll, type WebhookTarget } from './support/webhook-request.js';
import type { Workbench } from './support/workbench.js';

const WARM_UP = 20;
const MESSAGES = 100;

/** Milliseconds from the request of an update on. */
interface Way {
  readonly acknowledged: number;
  readonly asked: number;
  readonly sent: number;
}

interface Side {
  readonly name: string;
  /** The most that one message may take to `sendMessage`. */
  readonly goalMs: number;
  readonly target: WebhookTarget;
  readonly ways: Way[];
}

/** Where the time of one message goes, idle system, model and Telegram answering at once. */
export const latencyBench: Bench = {
  name: 'latency',
  about: 'one message at a time, model and Telegram answering at once: from its receipt to sendMessage',
  run: () => runOnRedis(measure),
};

async function measure(
  workbench: Workbench,
  redisUrl: string,
  outside: SteeredOutside,
): Promise<BenchReport> {
  const sides = [
    await open(workbench, 'queue on Redis', 20, redisUrl, outside),
    await open(workbench, 'queue on PostgreSQL', 30, null, outside),
  ];
  for (let number = 0; number < WARM_UP + MESSAGES; number += 1)
    for (const side of sides) {
      const way = await follow(side, outside, number);
      if (number >= WARM_UP) side.ways.push(way);
    }
  return report(sides);
}

async function open(
  workbench: Workbench,
  name: string,
  goalMs: number,
  redisUrl: string | null,
  outside: SteeredOutside,
): Promise<Side> {
  const databaseUrl = await workbench.database(redisUrl ? 'latency_redis' : 'latency_postgresql');
  const options = { databaseUrl, redisUrl, outside: outside.address };
  const port = await workbench.keep(startProduct({ ...options, role: 'web', part: 'load' })).port();
  await workbench.keep(startProduct({ ...options, role: 'worker', part: 'server' })).port();
  const target = { port, path: '/webhook/telegram', secret: WEBHOOK_SECRET };
  return { name, goalMs, target, ways: [] };
}

/** Each message is of a chat of its own: no limit holds it back. */
async function follow({ name, target }: Side, outside: SteeredOutside, number: number): Promise<Way> {
  outside.forget();
  const update = updateText(number, Math.floor(Date.now() / 1_000), chatOf(number), 'Hello');
  const begin = performance.now();
  await postAll(target, [update], 1);
  const acknowledged = performance.now();
  await until(`${name}: the message is answered`, () => outside.sentAt !== null);
  const { askedAt, sentAt } = outside;
  return {
    acknowledged: acknowledged - begin,
    asked: (askedAt ?? Number.NaN) - begin,
    sent: (sentAt ?? Number.NaN) - begin,
  };
}

function report(sides: readonly Side[]): BenchReport {
  const medianOf = ({ ways }: Side, stage: keyof Way) => median(ways.map((way) => way[stage]));
  const rows = sides.map((side) => [
    side.name,
    ...(['acknowledged', 'asked', 'sent'] as const).map((stage) => medianOf(side, stage).toFixed(1)),
  ]);
  const verdicts = sides.map((side): Verdict => {
    const measured = medianOf(side, 'sent');
    const promise = `${side.name}: milliseconds from receipt to sendMessage, at most ${side.goalMs}`;
    return { promise, measured, holds: measured <= side.goalMs };
  });
  return {
    text: table(['median ms from receipt to', 'the 200', 'the model', 'sendMessage'], rows),
    verdicts,
    data: { sides: sides.map(({ name, ways }) => ({ name, ways })) },
  };
}
