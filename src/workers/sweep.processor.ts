import { InjectQueue, Processor } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { PairingQuestions } from '../access/pairing-questions.js';
import { ApprovalsService } from '../agent/approvals/approvals.service.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { ScheduleFiring } from '../schedules/firing/schedule-firing.js';
import { BacklogNotices } from './backlog-notices.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { SWEEP_QUEUE, workerOptions } from '../queue/lanes.js';
import { ScheduledProcessor } from '../queue/processing/scheduled-processor.js';
import { SweepAdditions } from '../queue/sweep-additions.js';
import { SweepMisses } from './sweep-misses.js';
import { type PartOfPass, runParts, SweepPart } from './sweep-part.js';
import { SweepService } from './sweep.service.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';

/** How often the sweep runs, in the whole cluster. */
export const SWEEP_PERIOD_MS = 2_000;

/** Regularly finds the work that no wake-up and no message brings back. Each part is independent. */
@Processor(SWEEP_QUEUE, workerOptions)
export class SweepProcessor extends ScheduledProcessor {
  private parts: readonly PartOfPass[] | undefined;

  constructor(
    private readonly sweep: SweepService,
    private readonly approvals: ApprovalsService,
    private readonly pairings: PairingQuestions,
    private readonly firing: ScheduleFiring,
    private readonly unconfirmed: UnconfirmedEvents,
    private readonly backlog: BacklogNotices,
    private readonly waker: LaneWaker,
    private readonly misses: SweepMisses,
    private readonly additions: SweepAdditions,
    @InjectQueue(SWEEP_QUEUE) queue: Queue,
    clock: DatabaseClock,
    end: WorkerEnd,
  ) {
    super({ name: 'sweep', periodMs: SWEEP_PERIOD_MS }, queue, clock, end);
  }

  protected override async run(): Promise<void> {
    this.parts ??= this.listParts();
    await runParts(this.parts);
  }

  /** In this order unless one of them stalls. */
  private listParts(): readonly PartOfPass[] {
    const part = (name: string, work: () => Promise<unknown>) =>
      new SweepPart(name, work, (...miss) => this.misses.report(...miss));
    return [
      // First: the turns they park are due then.
      part('approvals', () => this.approvals.expireOverdue()),
      part('pairings', () => this.askAboutPairings()),
      // Before the lanes: events that get a conversation are due then.
      part('unconfirmed events', () => this.confirmEvents()),
      // Before the sweep enqueues chats that wait for something else.
      part('backlog', () => this.backlog.run()),
      this.sweep,
      part('schedules', () => this.fireSchedules()),
      ...this.additions.entries().map(([name, work]) => part(name, work)),
    ];
  }

  private async askAboutPairings(): Promise<void> {
    for (const id of await this.pairings.run()) this.waker.wake('deliveries', id);
  }

  private async confirmEvents(): Promise<void> {
    for (const { conversationId, kind } of (await this.unconfirmed.run()).confirmed)
      this.waker.wake(kind === 'message' ? 'turns' : 'commands', conversationId);
  }

  private async fireSchedules(): Promise<void> {
    for (const { conversationId, kind } of await this.firing.run())
      this.waker.wake(kind === 'task' ? 'turns' : 'deliveries', conversationId);
  }
}
