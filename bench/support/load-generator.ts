import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult } from './load.js';
import { NodeProcess } from './node-process.js';

/** More than any load sends. */
const IDS_PER_LOAD = 10_000_000;

type Report = { readonly result: LoadResult } | { readonly error: string };

/** Sends loads to servers from a process that lives through the whole benchmark, so that it is warm in every round. */
export class LoadGenerator {
  private readonly process = NodeProcess.start({
    args: [fileURLToPath(new URL('./load-process.js', import.meta.url))],
    part: 'load',
    ipc: true,
  });
  private readonly ended = once(this.process.child, 'exit').then((): never => {
    throw new Error('the load generator ended');
  });
  private nextUpdateId = 1;

  constructor() {
    // Its orderly end is ignored.
    this.ended.catch(() => undefined);
  }

  /** @param load without the update_ids: no two loads share one */
  async run(load: Omit<Load, 'firstUpdateId'>): Promise<LoadResult> {
    const { child } = this.process;
    child.send({ ...load, firstUpdateId: this.nextUpdateId } satisfies Load);
    this.nextUpdateId += IDS_PER_LOAD;
    const [report]: Report[] = await Promise.race([once(child, 'message'), this.ended]);
    if (!report) throw new Error('the load generator said nothing');
    if ('error' in report) throw new Error(`the load generator failed: ${report.error}`);
    return report.result;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
