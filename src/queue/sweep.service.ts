import { Injectable, Logger } from '@nestjs/common';
import { LaneWaker } from './lane-waker.js';
import { type LaneName, lanes, workerOptions } from './lanes.js';
import { QueueBackend } from './queue-backend.js';
import { SweepRepository } from './sweep.repository.js';

/** Conversations woken in one pass of one lane; the next pass goes on behind them. */
const BATCH = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Finds what no wake-up will bring back: lost with Redis, deferred by a limit, put off by a failure, left by a dead
 * worker. Waking a lane that is awake changes nothing, so it may find too much, never too little.
 */
@Injectable()
export class Sweep {
  private readonly logger = new Logger(Sweep.name);
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
  ) {}

  /** One pass. @returns how many conversations were woken */
  async run(): Promise<number> {
    await this.backend.undoFastClocks(workerOptions.lockDuration);
    let woken = 0;
    for (const lane of lanes) {
      const due = await this.repository.due(lane, this.after[lane], BATCH);
      for (const conversationId of due) this.waker.wake(lane, conversationId);
      this.after[lane] = due.length < BATCH ? FIRST : (due.at(-1) ?? FIRST);
      woken += due.length;
    }
    if (woken > 0) this.logger.debug({ msg: 'swept', woken });
    return woken;
  }
}
