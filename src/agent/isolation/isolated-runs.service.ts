import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { messageOf, RetryLaterError } from '../../errors/errors.js';
import type { Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { Stopping } from '../../runtime/stopping.js';
import { AfterRun } from '../turn/after-run.js';
import { StepRepository } from '../turn/step.repository.js';
import { TurnPoisonError } from '../turn/turn-failure.js';
import type { TurnOutcome } from '../turn/turn-outcome.js';
import type { Run } from '../turn/turn-work.js';
import { TurnRepository } from '../turn/turn.repository.js';
import { IsolatedEntry } from './isolated-entry.js';
import { type IsolatedEnd, IsolatedProcess } from './isolated-process.js';
import { isPoison } from './turn-deaths.js';

/** Processes at once, besides this one: each takes the memory of an idle worker. */
export const MAX_PROCESSES = 3;
/** Of these, for turns that wait for no tool: they may wait for a slow model, and are seldom what ends a process. */
const MAX_BESIDE_TOOLS = MAX_PROCESSES - 1;
/** Until one of them may be free again. */
const RETRY_MS = 2_000;

/**
 * Runs suspects, each in a process of its own: what such a turn does to its process it does to nobody else, and what the
 * process dies of is certainly that turn's. This process holds the lease meanwhile, and counts the deaths.
 */
@Injectable()
export class IsolatedRuns {
  private readonly logger = new Logger(IsolatedRuns.name);
  private processes = 0;

  constructor(
    private readonly entry: IsolatedEntry,
    private readonly database: Database,
    private readonly turns: TurnRepository,
    private readonly steps: StepRepository,
    private readonly afterRun: AfterRun,
    private readonly stopping: Stopping,
  ) {}

  /**
   * @param runHere where no process of its own can be had
   * @throws LeaseLostError; what the database throws
   */
  async run(run: Run, runHere: () => Promise<TurnOutcome>): Promise<TurnOutcome> {
    const { file } = this.entry;
    if (file === null) return await runHere();
    const { lease } = run;
    let { turn } = run;
    const most = (await this.steps.awaitsTools(turn.id)) ? MAX_PROCESSES : MAX_BESIDE_TOOLS;
    while (!isPoison(turn)) {
      if (this.stopping.soon.aborted) return await this.layDown(lease, turn, { next: 'now' });
      if (this.processes >= most)
        return await this.layDown(lease, turn, { next: 'later', delayMs: RETRY_MS });
      const end = await this.start(file, lease, turn);
      switch (end.kind) {
        case 'ended':
          return end.outcome;
        case 'stopped':
          return await this.layDown(lease, turn, { next: 'later', delayMs: RETRY_MS });
        case 'absent':
          if (this.stopping.soon.aborted) continue;
          this.logger.warn({ msg: 'no process for a suspect, it runs here', turnId: turn.id, why: end.why });
          return await runHere();
        case 'broken':
          await this.layDown(lease, turn, { next: 'none' });
          throw new RetryLaterError('RUN_BROKEN', end.error);
        case 'died':
          // Whoever ends this process may have ended that one.
          if (!this.stopping.soon.aborted) turn = await this.count(lease, turn, end.how);
      }
    }
    return await this.afterRun.settle(
      { ...run, turn },
      { kind: 'failed', error: new TurnPoisonError(turn.deaths) },
      0,
    );
  }

  private async start(file: string, lease: Lease, turn: Turn): Promise<IsolatedEnd> {
    const { conversationId, token } = lease;
    const about = { conversationId, token: String(token), turnId: turn.id };
    this.logger.log({ msg: 'turn runs in a process of its own', conversationId, turnId: turn.id });
    this.processes += 1;
    try {
      const { soon } = this.stopping;
      const child = new IsolatedProcess(file, this.entry, this.database.url, about, soon);
      void child.gone.finally(() => (this.processes -= 1));
      return await child.end;
    } catch (error) {
      this.processes -= 1;
      return { kind: 'absent', why: messageOf(error) };
    }
  }

  private async count(lease: Lease, turn: Turn, how: string): Promise<Turn> {
    const counted = await this.turns.recordDeath(lease, turn);
    const { id: turnId, conversationId, deaths } = counted;
    this.logger.error({ msg: 'turn ended its process', conversationId, turnId, how, deaths });
    return counted;
  }

  private async layDown(lease: Lease, turn: Turn, lane: TurnOutcome['lane']): Promise<TurnOutcome> {
    await this.turns.layDown(lease, turn);
    return { lane, replied: false };
  }
}
