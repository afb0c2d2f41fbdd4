import type { Bench, BenchReport } from './bench.js';
import { median } from './support/statistics.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import { chatOf, updateText } from './support/updates.js';
import { postAll, type WebhookTarget } from './support/webhook-request.js';
import { Workbench } from './support/workbench.js';

const STOPS = 50;
const GOAL_MS = 1_000;

/** Milliseconds from when /stop was posted. */
interface Stop {
  /** Until the model's request was aborted. */
  readonly cancelledMs: number;
  /** Until the chat was notified. */
  readonly confirmedMs: number;
}

/** Measures how soon a running turn notices a /stop that another process received. */
export const stopBench: Bench = {
  name: 'stop',
  about: `/stop of ${STOPS} running turns, received by one process, run by two others`,
  run: async () => {
    const workbench = await Workbench.open();
    const outside = await SteeredOutside.start();
    try {
      const databaseUrl = await workbench.database('stop');
      const redisUrl = workbench.redis?.url ?? null;
      const options = { databaseUrl, redisUrl, outside: outside.address, part: null };
      const port = await workbench.keep(startProduct({ ...options, role: 'web' })).port();
      await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
      await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
      return report(
        await stops({ port, path: '/webhook/telegram', secret: WEBHOOK_SECRET }, outside),
        redisUrl === null ? 'PostgreSQL' : 'Redis',
      );
    } finally {
      await workbench.close();
      await outside.close();
    }
  },
};

async function stops(target: WebhookTarget, outside: SteeredOutside): Promise<Stop[]> {
  const measured: Stop[] = [];
  const unixSeconds = Math.floor(Date.now() / 1_000);
  for (let index = 0; index < STOPS; index += 1) {
    outside.hold();
    await postAll(target, [updateText(2 * index, unixSeconds)]);
    await until('the model is asked', () => outside.waiting === 1);
    const begin = Date.now();
    await postAll(target, [updateText(2 * index + 1, unixSeconds, chatOf(2 * index), '/stop')]);
    await until('the model is hung up on', () => outside.waiting === 0);
    const cancelledMs = Date.now() - begin;
    await until('the chat is told', () => outside.sent.size === 1);
    measured.push({ cancelledMs, confirmedMs: Math.max(...outside.sent.values()) - begin });
  }
  return measured;
}

function report(measured: readonly Stop[], queue: string): BenchReport {
  const cancelled = measured.map(({ cancelledMs }) => cancelledMs);
  const confirmed = measured.map(({ confirmedMs }) => confirmedMs);
  const inTime = measured.filter(
    ({ cancelledMs, confirmedMs }) => cancelledMs < GOAL_MS && confirmedMs < GOAL_MS,
  ).length;
  return {
    text: table(
      [`queue on ${queue}`, 'median ms', 'most ms'],
      [
        ['model hung up on', String(median(cancelled)), String(Math.max(...cancelled))],
        ['chat told', String(median(confirmed)), String(Math.max(...confirmed))],
      ],
    ),
    verdicts: [
      {
        promise: `of ${STOPS} turns cancelled and confirmed within ${GOAL_MS} ms`,
        measured: inTime,
        holds: inTime === STOPS,
      },
    ],
    data: { queue, measured },
  };
}
