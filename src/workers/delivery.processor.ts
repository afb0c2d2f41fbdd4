import { Processor } from '@nestjs/bullmq';
import { Deliverer } from '../delivery/deliverer.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneProcessor } from '../queue/processing/lane-processor.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';
import { workerOptions } from '../queue/lanes.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';

/** About as many sends as Telegram takes in a second from one bot (30), with their answers under way. */
const CONCURRENCY = 20;

@Processor('deliveries', workerOptions)
export class DeliveryProcessor extends LaneProcessor {
  constructor(
    private readonly deliverer: Deliverer,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('deliveries', CONCURRENCY, waker, stopping, end);
  }

  protected override handle(conversationId: string): Promise<LaneOutcome> {
    return this.deliverer.run(conversationId);
  }
}
