import { InjectQueue, Processor } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { PairingQuestions } from '../access/pairing-questions.js';
import { Approvals } from '../agent/approvals/approvals.service.js';
import { DatabaseClock } from '../database/database-clock.js';
import { ScheduleFiring } from '../schedules/firing/schedule-firing.js';
import { BacklogNotices } from './backlog-notices.js';
import { LaneWaker } from './lane-waker.js';
import { SWEEP_QUEUE, workerOptions } from './lanes.js';
import { ScheduledProcessor } from './scheduled-processor.js';
import { Sweep } from './sweep.service.js';
import { WorkerEnd } from './worker-end.js';

/** How often the sweep runs, in the whole cluster. */
export const SWEEP_PERIOD_MS = 2_000;

@Processor(SWEEP_QUEUE, workerOptions)
export class SweepProcessor extends ScheduledProcessor {
  constructor(
    private readonly sweep: Sweep,
    private readonly approvals: Approvals,
    private readonly pairings: PairingQuestions,
    private readonly firing: ScheduleFiring,
    private readonly backlog: BacklogNotices,
    private readonly waker: LaneWaker,
    @InjectQueue(SWEEP_QUEUE) queue: Queue,
    clock: DatabaseClock,
    end: WorkerEnd,
  ) {
    super({ name: 'sweep', periodMs: SWEEP_PERIOD_MS }, queue, clock, end);
  }

  protected override async run(): Promise<void> {
    // First: the turns they park are due then.
    await this.approvals.expireOverdue();
    for (const id of await this.pairings.run()) this.waker.wake('deliveries', id);
    // Before the sweep puts jobs of chats into the line that wait for something else.
    await this.backlog.run();
    await this.sweep.run();
    for (const { conversationId, kind } of await this.firing.run())
      this.waker.wake(kind === 'task' ? 'turns' : 'deliveries', conversationId);
  }
}
