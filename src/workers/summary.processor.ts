import { Processor } from '@nestjs/bullmq';
import { Summarizer } from '../agent/context/summaries/summarizer.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneProcessor } from '../queue/processing/lane-processor.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';
import { workerOptions } from '../queue/lanes.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';

/** Few: no person waits for a summary, and the model has turns to answer. */
const CONCURRENCY = 2;

@Processor('summaries', workerOptions)
export class SummaryProcessor extends LaneProcessor {
  constructor(
    private readonly summarizer: Summarizer,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('summaries', CONCURRENCY, waker, stopping, end);
  }

  protected override handle(conversationId: string): Promise<LaneOutcome> {
    return this.summarizer.run(conversationId);
  }
}
