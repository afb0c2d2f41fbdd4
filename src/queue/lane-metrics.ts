import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../platform/errors/errors.js';
import { Metrics, type Sample } from '../platform/observability/metrics.js';
import { LOOKED_AT, type WaitingWork, WaitingWorkRepository } from './waiting-work.repository.js';

/** The database is asked once in this time, however often the metrics are scraped. */
const ASK_EVERY_MS = 5_000;

/** The waiting work in the lanes of all processes; without samples while the database does not answer. */
@Injectable()
export class LaneMetrics {
  private readonly logger = new Logger(LaneMetrics.name);
  private readonly depth: (samples: readonly Sample<'lane'>[]) => void;
  private readonly oldest: (samples: readonly Sample<'lane'>[]) => void;
  private asking: Promise<void> | null = null;

  constructor(
    private readonly work: WaitingWorkRepository,
    metrics: Metrics,
  ) {
    const depth = `Messages, commands and replies that wait, in all processes; ${LOOKED_AT} stands for that or more`;
    this.depth = metrics.gauges('lane_depth', depth, ['lane']);
    const oldest = 'For how long the oldest of what waits has waited';
    this.oldest = metrics.gauges('lane_oldest_seconds', oldest, ['lane']);
    metrics.beforeScrape(() => (this.asking ??= this.ask()));
  }

  private async ask(): Promise<void> {
    // An old sample must not describe a database that hangs.
    this.show([]);
    try {
      this.show(await this.work.read());
    } catch (error) {
      this.logger.debug({ msg: 'lanes not measured', error: messageOf(error) });
    } finally {
      setTimeout(() => (this.asking = null), ASK_EVERY_MS).unref();
    }
  }

  private show(work: readonly WaitingWork[]): void {
    this.depth(work.map(({ lane, depth }) => ({ of: { lane }, value: depth })));
    this.oldest(work.map(({ lane, oldestSeconds }) => ({ of: { lane }, value: oldestSeconds })));
  }
}
