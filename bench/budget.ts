import { Client } from 'pg';
import type { Bench, BenchReport } from './bench.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import { CHATS, updateText } from './support/updates.js';
import { postAll } from './support/webhook-request.js';
import { Workbench } from './support/workbench.js';

const ALLOWED = 100;
/** The reservation of one model call for its answer; its request is small in comparison. */
const CALL_TOKENS = 1_000_000;
/** Enough running and refused turns beside each other. */
const WORKERS = { processes: 2, concurrency: 60 } as const;

const settings = {
  BUDGET_ANSWER_TOKENS: String(CALL_TOKENS),
  BUDGET_DAY_TOKENS: String(ALLOWED * CALL_TOKENS + CALL_TOKENS / 2),
  WORKER_CONCURRENCY: String(WORKERS.concurrency),
  AGENT_TURN_TIMEOUT_MS: '3600000',
};

/** Checks that parallel turns cannot overspend: all of them meet a budget that allows a tenth. */
export const budgetBench: Bench = {
  name: 'budget',
  about: `${CHATS} turns at once, on ${WORKERS.processes} workers, against a budget that allows ${ALLOWED}`,
  run: async () => {
    const workbench = await Workbench.open();
    const outside = await SteeredOutside.start();
    try {
      return await measure(workbench, outside);
    } finally {
      await workbench.close();
      await outside.close();
    }
  },
};

async function measure(workbench: Workbench, outside: SteeredOutside): Promise<BenchReport> {
  const databaseUrl = await workbench.database('budget');
  const redisUrl = workbench.redis?.url ?? null;
  const options = { databaseUrl, redisUrl, outside: outside.address, part: null, settings };
  const port = await workbench.keep(startProduct({ ...options, role: 'web' })).port();
  for (let worker = 0; worker < WORKERS.processes; worker += 1)
    await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    outside.hold();
    const now = Math.floor(Date.now() / 1_000);
    const begin = Date.now();
    const updates = Array.from({ length: CHATS }, (_, index) => updateText(index, now));
    await postAll({ port, path: '/webhook/telegram', secret: WEBHOOK_SECRET }, updates);
    // The model holds the running ones; the others have been notified.
    await until('every turn runs or is refused', () => outside.waiting + outside.sent.size >= CHATS);
    const decidedMs = Date.now() - begin;
    const [ran, refused] = [outside.waiting, outside.sent.size];
    outside.release();
    await until('every chat is answered', () => outside.sent.size === CHATS);
    await until('every turn has ended', async () => (await left(database)) === 0);
    return report({ ran, refused, decidedMs, ...(await booked(database)) });
  } finally {
    await database.end();
  }
}

async function left(database: Client): Promise<number> {
  const { rows } = await database.query<{ left: number }>(
    `SELECT count(*)::int AS left FROM turns WHERE state IN ('waiting', 'running')`,
  );
  return rows[0]?.left ?? -1;
}

interface Booked {
  /** By the turns' own records, and by the budget's. */
  readonly used: number;
  readonly spent: number;
  readonly stillReserved: number;
  readonly exhausted: number;
}

async function booked(database: Client): Promise<Booked> {
  const { rows } = await database.query<Booked>(
    `SELECT (SELECT sum(input_tokens + output_tokens)::int FROM turns) AS used,
            (SELECT count(*)::int FROM turns WHERE error_code = 'BUDGET_EXHAUSTED') AS exhausted,
            spent_tokens::int AS spent, reserved_tokens::int AS "stillReserved"
     FROM budget_days WHERE scope = 'all'`,
  );
  const [row] = rows;
  if (!row || rows.length > 1) throw new Error('the run did not stay within one day (UTC)');
  return row;
}

interface Outcome extends Booked {
  readonly ran: number;
  readonly refused: number;
  readonly decidedMs: number;
}

function report(outcome: Outcome): BenchReport {
  const { ran, refused, exhausted, used, spent, stillReserved, decidedMs } = outcome;
  const rows = [
    ['turns that ran', String(ran)],
    ['turns that were refused, and the chat told', String(refused)],
    ['tokens used, by the turns', String(used)],
    ['tokens spent, by the budget', String(spent)],
    ['tokens still reserved at the end', String(stillReserved)],
    ['all decided after, ms', String(decidedMs)],
  ];
  const exactly = (promise: string, measured: number, expected: number) => ({
    promise: `${promise}, ${expected}`,
    measured,
    holds: measured === expected,
  });
  return {
    text: table(['', ''], rows),
    verdicts: [
      exactly('turns that ran', ran, ALLOWED),
      exactly('turns that were refused', refused, CHATS - ALLOWED),
      exactly('turns recorded as BUDGET_EXHAUSTED', exhausted, CHATS - ALLOWED),
      exactly('tokens spent beside those used', spent - used, 0),
      exactly('tokens still reserved', stillReserved, 0),
    ],
    data: { ...outcome },
  };
}
