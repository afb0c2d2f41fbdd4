import { Injectable, Logger } from '@nestjs/common';
import { LaneWaker } from '../queue/lane-waker.js';
import { type LaneName, lanes, workerOptions } from '../queue/lanes.js';
import { QueueBackend } from '../queue/queue-backend.js';
import { SweepMisses } from './sweep-misses.js';
import { type PartOfPass, runParts, SweepPart } from './sweep-part.js';
import { SweepRepository } from './sweep.repository.js';

/** Conversations woken in one pass of one lane; the next pass continues behind them. */
const BATCH = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Finds work that no wake-up brings back: lost with Redis, deferred by a limit or a failure, or left by a dead worker.
 * Waking an active lane changes nothing, so it may find too much, never too little.
 */
@Injectable()
export class SweepService implements PartOfPass {
  private readonly logger = new Logger(SweepService.name);
  private readonly parts: readonly SweepPart[];
  private readonly after: Record<LaneName, string> = {
    turns: FIRST,
    commands: FIRST,
    deliveries: FIRST,
    summaries: FIRST,
  };

  constructor(
    private readonly repository: SweepRepository,
    private readonly waker: LaneWaker,
    private readonly backend: QueueBackend,
    misses: SweepMisses,
  ) {
    const part = (name: string, work: () => Promise<unknown>) =>
      new SweepPart(name, work, (...miss) => misses.report(...miss));
    this.parts = [
      part('queue clocks', () => this.backend.undoFastClocks(workerOptions.lockDuration)),
      ...lanes.map((lane) => part(`lane ${lane}`, () => this.wakeDue(lane))),
    ];
  }

  /** One pass over all lanes, each independent of the others. */
  async run(): Promise<void> {
    await runParts(this.parts);
  }

  private async wakeDue(lane: LaneName): Promise<void> {
    const due = await this.repository.due(lane, this.after[lane], BATCH);
    for (const conversationId of due) this.waker.wake(lane, conversationId);
    this.after[lane] = due.length < BATCH ? FIRST : (due.at(-1) ?? FIRST);
    if (due.length > 0) this.logger.debug({ msg: 'swept', lane, woken: due.length });
  }
}
