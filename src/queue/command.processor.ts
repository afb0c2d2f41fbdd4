import { Processor } from '@nestjs/bullmq';
import { Commands } from '../agent/commands/commands.service.js';
import { Stopping } from '../runtime/stopping.js';
import { LaneProcessor } from './lane-processor.js';
import { LaneWaker } from './lane-waker.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { workerOptions } from './lanes.js';
import { WorkerEnd } from './worker-end.js';

/** Commands are a few statements each: this many at once keep up with any worker. */
const CONCURRENCY = 5;

@Processor('commands', workerOptions)
export class CommandProcessor extends LaneProcessor {
  constructor(
    private readonly commands: Commands,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('commands', CONCURRENCY, waker, stopping, end);
  }

  protected override async handle(conversationId: string): Promise<LaneOutcome> {
    const { replied, freed, told, heldUpMs } = await this.commands.handleWaiting(conversationId, null);
    if (replied) this.waker.wake('deliveries', conversationId);
    for (const id of told) this.waker.wake('deliveries', id);
    for (const id of freed) this.waker.wake('turns', id);
    return heldUpMs > 0 ? { next: 'later', delayMs: heldUpMs } : { next: 'none' };
  }
}
