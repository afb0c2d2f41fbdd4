import type { BenchReport } from '../bench.js';
import { SteeredOutside } from './steered-outside.js';
import { Workbench } from './workbench.js';

/** Runs a benchmark that needs Redis, with a model and a Bot API; reports that it is skipped if there is no Redis. */
export async function runOnRedis(
  measure: (workbench: Workbench, redisUrl: string, outside: SteeredOutside) => Promise<BenchReport>,
): Promise<BenchReport> {
  const workbench = await Workbench.open();
  const outside = await SteeredOutside.start();
  try {
    if (workbench.redis === null)
      return { text: 'skipped: no redis-server on the PATH', verdicts: [], data: { skipped: true } };
    return await measure(workbench, workbench.redis.url, outside);
  } finally {
    await workbench.close();
    await outside.close();
  }
}
