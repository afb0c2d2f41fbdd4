import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { BudgetsService } from '../../budget/budgets.service.js';
import { AgentSettings } from '../context/agent.settings.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { type ErrorOwner, type StrayError, withOwner } from '../../platform/errors/stray-errors.js';
import { inLogScope } from '../../platform/observability/log-scope.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import type { TurnRun } from '../turns/turn-run.js';
import { BusyIndicator } from './busy-indicator.js';
import { InterruptionsService } from './busy/interruptions.service.js';
import { TurnWatch } from './busy/turn-watch.js';
import { RunSignals } from './run-signals.js';
import { TurnExecutor } from './turn-executor.js';
import { MAX_TAKEOVERS, TurnPoisonError } from './turn-failure.js';
import { TurnSettlement } from './turn-settlement.js';

/** Supervises a run until it is finished, failed, put off, interrupted or handed back. */
@Injectable()
export class RunSupervisor {
  constructor(
    private readonly budgets: BudgetsService,
    private readonly executor: TurnExecutor,
    private readonly settlement: TurnSettlement,
    private readonly watch: TurnWatch,
    private readonly interruptions: InterruptionsService,
    private readonly busy: BusyIndicator,
    private readonly stopping: Stopping,
    private readonly settings: AgentSettings,
  ) {}

  /**
   * @param lost aborts when the lease is known to be lost
   * @throws what TurnSettlement.settleRun throws
   */
  async run(run: TurnRun, lost: AbortSignal): Promise<TurnOutcome> {
    const { id: conversationId, channel, chatId } = run.conversation;
    const ids = { channel, chatId, conversationId, turnId: run.turn.id };
    return await inLogScope(ids, () => this.runToItsEnd(run, lost));
  }

  private async runToItsEnd(run: TurnRun, lost: AbortSignal): Promise<TurnOutcome> {
    const { lease, conversation, turn } = run;
    const spentMs = stopwatch();
    const watch = this.watch.begin(lease, turn.id, this.interruptions.createInterrupt(run));
    const { turnTimeoutMs } = this.settings;
    const stray = new StrayErrorOfRun();
    const signals = new RunSignals(
      lost,
      watch.signal,
      stray.signal,
      this.stopping,
      turnTimeoutMs - turn.spentMs,
      turnTimeoutMs,
    );
    const busyUntil = this.busy.show(destinationOf(conversation), signals.signal);
    try {
      const ends = turn.takeovers + turn.handBacks;
      if (ends > MAX_TAKEOVERS) throw new TurnPoisonError(ends);
      const active = run.activate(signals.signal, this.budgets.open(lease, turn, conversation.model));
      const outcome = await withOwner(stray, () => this.executor.finish(active));
      this.settlement.noteAnswered(run, outcome, spentMs());
      return outcome;
    } catch (error) {
      // The turn may have been interrupted just before it ended so.
      await watch.end();
      return await this.settlement.settleRun(run, signals.endOf(error), spentMs());
    } finally {
      await watch.end();
      busyUntil();
      signals.close();
    }
  }
}

/** Measures elapsed time by the monotonic clock: a turn has only so much of it. */
function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => Math.round(performance.now() - startedAt);
}

/** A run's own stray errors: besides those of its tools' calls, which these have. The run fails by the first of them. */
class StrayErrorOfRun implements ErrorOwner {
  readonly name = 'turn';
  private readonly failed = new AbortController();

  get signal(): AbortSignal {
    return this.failed.signal;
  }

  fail(error: StrayError): void {
    this.failed.abort(new RetryLaterError('TURN_BROKEN', error.message, null, null, { cause: error.cause }));
  }
}
