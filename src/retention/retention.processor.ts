import { InjectQueue, Processor } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { DatabaseClock } from '../platform/database/database-clock.js';
import { workerOptions } from '../queue/lanes.js';
import { ScheduledProcessor } from '../queue/processing/scheduled-processor.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';
import { RetentionService } from './retention.service.js';

export const RETENTION_QUEUE = 'retention';

/** How often a pass begins, in the whole cluster. */
const RETENTION_PERIOD_MS = 600_000;

@Processor(RETENTION_QUEUE, workerOptions)
export class RetentionProcessor extends ScheduledProcessor {
  constructor(
    private readonly retention: RetentionService,
    @InjectQueue(RETENTION_QUEUE) queue: Queue,
    clock: DatabaseClock,
    end: WorkerEnd,
  ) {
    super({ name: 'retention', periodMs: RETENTION_PERIOD_MS }, queue, clock, end);
  }

  protected override async run(): Promise<void> {
    await this.retention.run();
  }
}
