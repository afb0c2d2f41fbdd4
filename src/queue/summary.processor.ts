import { Processor } from '@nestjs/bullmq';
import { Summarizer } from '../agent/summaries/summarizer.js';
import { Stopping } from '../runtime/stopping.js';
import { LaneProcessor } from './lane-processor.js';
import { LaneWaker } from './lane-waker.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { workerOptions } from './lanes.js';
import { WorkerEnd } from './worker-end.js';

/** Few: nobody waits for a summary, and the model has turns to answer. */
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
