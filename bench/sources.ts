import { Client } from 'pg';
import type { Bench, BenchReport, Verdict } from './bench.js';
import type { LoadResult } from './support/load.js';
import { startProduct, WEBHOOK_SECRET } from './support/product.js';
import { signatureTimes } from './support/signature-times.js';
import { median } from './support/statistics.js';
import { table } from './support/table.js';
import { Workbench } from './support/workbench.js';

const ROUNDS = 5;
/** A source holds 10,000 webhooks that no trigger has seen: as many sources as one round may fill. */
const SOURCES = 12;
const FLAT_OUT = { seconds: 3, warmUpSeconds: 1, ratePerSecond: null, connections: 64 } as const;
const ADMIN_KEY = 'bench-admin-key-0123456789';
const SIGNING_SECRET = 'a-secret-of-the-benchmark-0123456789';
const RATIO_GOAL = 0.9;
const TIMING_GOAL = 0.05;

/** Measures a source of signed webhooks against Telegram's path, and how long right and wrong signatures take. */
export const sourcesBench: Bench = {
  name: 'sources',
  about:
    'webhooks that one web process verifies and stores, against updates of Telegram; times of signatures',
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
  const databaseUrl = await workbench.database('sources');
  const outside = 'http://127.0.0.1:9';
  const secretsKey = Buffer.alloc(32, 'a key of the benchmark').toString('base64');
  const settings = { SECRETS_KEY: secretsKey };
  const web = workbench.keep(
    startProduct({ databaseUrl, redisUrl: null, role: 'web', outside, part: 'server', settings }),
  );
  const port = await web.port();
  const names = Array.from({ length: SOURCES }, (_, index) => `source-${index}`);
  for (const name of names) await addSource(port, name);

  const press = async (paths: readonly string[], signingSecret: string | null): Promise<LoadResult> => {
    const [path = ''] = paths;
    const target = { port, path, paths, secret: WEBHOOK_SECRET, signingSecret };
    const result = await workbench.generator.run({ ...target, ...FLAT_OUT });
    await empty(databaseUrl);
    return result;
  };
  const telegram: LoadResult[] = [];
  const sources: LoadResult[] = [];
  const paths = names.map((name) => `/webhook/${name}`);
  const sides = [
    async () => void telegram.push(await press(['/webhook/telegram'], null)),
    async () => void sources.push(await press(paths, SIGNING_SECRET)),
  ];
  // One round to warm up, and every other one in reverse.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side();
    if (round === 0) [telegram.length, sources.length] = [0, 0];
  }
  return report(telegram, sources);
}

async function addSource(port: number, name: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/admin/sources`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ name, preset: 'github', secrets: [SIGNING_SECRET] }),
  });
  if (answer.status !== 201)
    throw new Error(`the source was answered ${answer.status}: ${await answer.text()}`);
}

/** Neither side fills its backlog. */
async function empty(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('TRUNCATE events CASCADE');
  } finally {
    await client.end();
  }
}

function report(telegram: readonly LoadResult[], sources: readonly LoadResult[]): BenchReport {
  const ratios = sources.map(
    ({ perSecond }, round) => perSecond / (telegram[round]?.perSecond ?? Number.NaN),
  );
  const refused = [...telegram, ...sources].flatMap(({ others }) => Object.values(others));
  const times = signatureTimes();
  const apart = Math.max(...times.map(({ ratio }) => Math.abs(ratio - 1)));
  const rate = (results: readonly LoadResult[]) =>
    median(results.map(({ perSecond }) => perSecond)).toFixed(0);
  const text = [
    table(
      ['', 'acks/s'],
      [
        ['Telegram', rate(telegram)],
        ['a source', rate(sources)],
      ],
    ),
    table(
      ['signature', 'right µs', 'wrong µs', 'ratio'],
      times.map(({ name, rightUs, wrongUs, ratio }) => [
        name,
        rightUs.toFixed(2),
        wrongUs.toFixed(2),
        ratio.toFixed(3),
      ]),
    ),
  ].join('\n\n');
  const verdicts: Verdict[] = [
    {
      promise: `a source: of Telegram's acks, at least ${RATIO_GOAL}`,
      measured: median(ratios),
      holds: median(ratios) >= RATIO_GOAL,
    },
    {
      promise: 'answers that were no acceptance, 0',
      measured: refused.reduce((sum, count) => sum + count, 0),
      holds: refused.length === 0,
    },
    {
      promise: `medians of right and wrong signatures: apart by at most ${TIMING_GOAL}`,
      measured: apart,
      holds: apart <= TIMING_GOAL,
    },
  ];
  return { text, verdicts, data: { ratios, times } };
}
