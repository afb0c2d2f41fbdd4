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
  private readonly own: readonly PartOfPass[];
  private readonly added = new Map<string, SweepPart>();

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
    this.own = this.listParts();
  }

  protected override async run(): Promise<void> {
    await runParts([...this.own, ...this.listAdded()]);
  }

  /** In this order unless one of them stalls. */
  private listParts(): readonly PartOfPass[] {
    const part = (name: string, work: () => Promise<unknown>) => this.part(name, work);
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
    ];
  }

  /** The parts of other rooms. A pass may begin while the application starts, before all of them are there. */
  private listAdded(): readonly SweepPart[] {
    return this.additions.entries().map(([name, work]) => {
      const part = this.added.get(name) ?? this.part(name, work);
      this.added.set(name, part);
      return part;
    });
  }

  private part(name: string, work: () => Promise<unknown>): SweepPart {
    return new SweepPart(name, work, (...miss) => this.misses.report(...miss));
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
