import { Processor } from '@nestjs/bullmq';
import { CommandsService } from '../agent/commands/commands.service.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneProcessor } from '../queue/processing/lane-processor.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';
import { workerOptions } from '../queue/lanes.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';
import { DirectDelivery } from './direct-delivery.js';

/** Commands are a few statements each: this many at once keep up with any worker. */
const CONCURRENCY = 5;

@Processor('commands', workerOptions)
export class CommandProcessor extends LaneProcessor {
  constructor(
    private readonly commands: CommandsService,
    private readonly delivery: DirectDelivery,
    waker: LaneWaker,
    stopping: Stopping,
    end: WorkerEnd,
  ) {
    super('commands', CONCURRENCY, waker, stopping, end);
  }

  protected override async handle(conversationId: string): Promise<LaneOutcome> {
    const {
      replied,
      unblocked,
      notified: conversationIds,
      heldUpMs,
    } = await this.commands.handleWaiting(conversationId, null);
    if (replied) this.delivery.begin(conversationId);
    for (const id of conversationIds) this.delivery.begin(id);
    for (const id of unblocked) this.waker.wake('turns', id);
    return heldUpMs > 0 ? { next: 'later', delayMs: heldUpMs } : { next: 'none' };
  }
}
