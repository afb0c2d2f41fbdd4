import { Processor } from '@nestjs/bullmq';
import { TurnRunner } from '../agent/turn/turn-runner.js';
import { WorkerSettings } from '../config/worker.settings.js';
import { Stopping } from '../runtime/stopping.js';
import { LaneProcessor } from './lane-processor.js';
import { LaneWaker } from './lane-waker.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { workerOptions } from './lanes.js';
import { WorkerEnd } from './worker-end.js';

@Processor('turns', workerOptions)
export class TurnProcessor extends LaneProcessor {
  constructor(
    private readonly runner: TurnRunner,
    settings: WorkerSettings,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('turns', settings.concurrency, waker, stopping, end);
  }

  protected override async handle(conversationId: string): Promise<LaneOutcome> {
    const { lane, replied } = await this.runner.run(conversationId);
    if (replied) this.waker.wake('deliveries', conversationId);
    return lane;
  }
}
