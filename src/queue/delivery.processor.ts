import { Processor } from '@nestjs/bullmq';
import { Deliverer } from '../delivery/deliverer.js';
import { Stopping } from '../runtime/stopping.js';
import { LaneProcessor } from './lane-processor.js';
import { LaneWaker } from './lane-waker.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { workerOptions } from './lanes.js';
import { WorkerEnd } from './worker-end.js';

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
