import { Processor } from '@nestjs/bullmq';
import { TurnRunner } from '../agent/loop/turn-runner.js';
import { WorkerSettings } from '../queue/processing/worker.settings.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneProcessor } from '../queue/processing/lane-processor.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';
import { workerOptions } from '../queue/lanes.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';
import { DirectDelivery } from './direct-delivery.js';

@Processor('turns', workerOptions)
export class TurnProcessor extends LaneProcessor {
  constructor(
    private readonly runner: TurnRunner,
    private readonly delivery: DirectDelivery,
    settings: WorkerSettings,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('turns', settings.concurrency, waker, stopping, end);
  }

  protected override async handle(conversationId: string): Promise<LaneOutcome> {
    const { lane, replied } = await this.runner.run(conversationId);
    if (replied) this.delivery.begin(conversationId);
    return lane;
  }
}
