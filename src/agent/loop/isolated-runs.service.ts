import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { messageOf, RetryLaterError } from '../../platform/errors/errors.js';
import type { Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { TurnSettlement } from './turn-settlement.js';
import { StepRepository } from '../turns/step.repository.js';
import { TurnPoisonError } from './turn-failure.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import type { TurnRun } from '../turns/turn-run.js';
import { TurnRepository } from '../turns/turn.repository.js';
import { IsolatedEntry } from './isolation/isolated-entry.js';
import { type IsolatedEnd, IsolatedProcess } from './isolation/isolated-process.js';
import { isPoison, isSuspect } from '../turns/turn-deaths.js';

/**
 * Processes at once, besides this one: each takes the memory of an idle worker. Turns that wait for no tool have places
 * of their own: they may wait for a slow model, and seldom kill a process.
 */
export const MAX_PROCESSES = { tools: 3, models: 4 } as const;
type Place = keyof typeof MAX_PROCESSES;

/** The pause until one of them may be free. */
const RETRY_MS = 2_000;

/**
 * Runs suspects, each in its own process, so that such a turn harms no other, and a death of that process is certainly
 * the turn's. This process holds the lease meanwhile, and counts the deaths.
 */
@Injectable()
export class IsolatedRunsService {
  private readonly logger = new Logger(IsolatedRunsService.name);
  private readonly processes = { tools: 0, models: 0 };

  constructor(
    private readonly entry: IsolatedEntry,
    private readonly database: Database,
    private readonly turns: TurnRepository,
    private readonly steps: StepRepository,
    private readonly settlement: TurnSettlement,
    private readonly stopping: Stopping,
  ) {}

  /**
   * Isolates a suspect, and, while there is a place, also a turn that a dead process left in the middle of a tool call:
   * that call is the likeliest cause.
   * @param runHere runs it in this process, if isolation is impossible or unnecessary
   * @throws LeaseLostError; what the database throws
   */
  async run(run: TurnRun, runHere: () => Promise<TurnOutcome>): Promise<TurnOutcome> {
    const { file } = this.entry;
    if (file === null) return await runHere();
    const { lease } = run;
    let { turn } = run;
    const place = (await this.steps.awaitsTools(turn.id)) ? 'tools' : 'models';
    const hasPlace = (): boolean => this.processes[place] < MAX_PROCESSES[place];
    if (!isSuspect(turn) && (place === 'models' || !hasPlace())) return await runHere();
    while (!isPoison(turn)) {
      if (this.stopping.soon.aborted) return await this.layDown(lease, turn, { next: 'now' });
      if (!hasPlace()) return await this.layDown(lease, turn, { next: 'later', delayMs: RETRY_MS });
      const end = await this.start(file, lease, turn, place);
      switch (end.kind) {
        case 'ended':
          return end.outcome;
        case 'absent':
          if (this.stopping.soon.aborted) continue;
          this.logger.warn({ msg: 'no process for a suspect, it runs here', turnId: turn.id, why: end.why });
          return await runHere();
        case 'broken':
          await this.layDown(lease, turn, { next: 'none' });
          throw new RetryLaterError('RUN_BROKEN', end.error);
        case 'died':
          // A signal that ends this process may have ended that one too.
          if (!this.stopping.soon.aborted) turn = await this.count(lease, turn, end.how);
      }
    }
    return await this.settlement.settleRun(
      run.withTurn(turn),
      { kind: 'failed', error: new TurnPoisonError(turn.deaths) },
      0,
    );
  }

  private async start(file: string, lease: Lease, turn: Turn, place: Place): Promise<IsolatedEnd> {
    const { conversationId, token } = lease;
    const about = { conversationId, token: String(token), turnId: turn.id };
    this.logger.log({ msg: 'turn runs in a process of its own', conversationId, turnId: turn.id });
    this.processes[place] += 1;
    try {
      const { soon } = this.stopping;
      const child = new IsolatedProcess(file, this.entry, this.database.url, about, soon);
      void child.gone.finally(() => (this.processes[place] -= 1));
      return await child.end;
    } catch (error) {
      this.processes[place] -= 1;
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
