import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { AgentSettings } from '../../config/agent.settings.js';
import { LeaseLostError } from '../../errors/errors.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { LeaseHolder } from '../../lease/lease-holder.js';
import { inLogScope } from '../../observability/log-scope.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import type { LaneOutcome } from '../../lease/lane-outcome.js';
import { Stopping } from '../../runtime/stopping.js';
import { withOwner } from '../../runtime/stray-errors.js';
import { IsolatedRuns } from '../isolation/isolated-runs.service.js';
import { isSuspect } from '../isolation/turn-deaths.js';
import { AfterRun } from './after-run.js';
import { BusyIndicator } from './busy-indicator.js';
import { Commands } from '../commands/commands.service.js';
import { ClaimTries } from '../tries/claim-tries.js';
import { Interruptions } from '../busy/interruptions.service.js';
import { RunSignals } from './run-signals.js';
import { StrayErrorOfRun } from './stray-error-of-run.js';
import { TurnEndings } from './turn-endings.repository.js';
import { MAX_TAKEOVERS, TurnPoisonError } from './turn-failure.js';
import { TurnMetrics } from './turn-metrics.js';
import type { TurnOutcome } from './turn-outcome.js';
import { type Run, TurnWork } from './turn-work.js';
import { TurnRepository } from './turn.repository.js';
import { TurnWatch } from './turn-watch.js';
import { WaitNotices } from '../waiting/wait-notices.js';

/** When the lease is somebody else's: look again soon, that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

/** A conversation whose bot this process does not know; another process may, or this one's follower. */
const UNSERVED_RETRY_MS = 60_000;

const none: LaneOutcome = { next: 'none' };
const idle = (lane: LaneOutcome): TurnOutcome => ({ lane, replied: false });

/**
 * Runs one turn of a conversation: takes its lease, claims what waits, asks the agent, commits the answer. Whatever
 * interrupts it, the next run goes on from the turn's committed steps.
 */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger(TurnRunner.name);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly channel: Channel,
    private readonly turns: TurnRepository,
    private readonly endings: TurnEndings,
    private readonly commands: Commands,
    private readonly claim: ClaimTries,
    private readonly work: TurnWork,
    private readonly afterRun: AfterRun,
    private readonly isolated: IsolatedRuns,
    private readonly watch: TurnWatch,
    private readonly interruptions: Interruptions,
    private readonly busy: BusyIndicator,
    private readonly waitNotices: WaitNotices,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
    private readonly settings: AgentSettings,
    private readonly metrics: TurnMetrics,
  ) {}

  /** @throws only what the database throws: the job is then tried again, and the sweep stands behind it */
  async run(conversationId: string): Promise<TurnOutcome> {
    try {
      const outcome = await this.leases.hold(conversationId, 'turns', (lease, lost) =>
        this.runHeld(lease, lost),
      );
      return outcome ?? idle(await this.whileHeldElsewhere(conversationId));
    } catch (error) {
      if (error instanceof LeaseLostError) return idle(none);
      throw error;
    }
  }

  /**
   * Goes on with a turn that another process has taken over, and whose lease that one renews.
   * @throws what `run` throws
   */
  async goOnFor(lease: Lease, turnId: string): Promise<TurnOutcome> {
    const conversation = await this.conversations.find(lease.conversationId);
    const turn = await this.turns.findRunning(turnId);
    if (!conversation || !turn) return idle(none);
    try {
      return await this.inItsScope({ lease, conversation, turn }, new AbortController().signal);
    } catch (error) {
      if (error instanceof LeaseLostError) return idle(none);
      throw error;
    }
  }

  /** An erased conversation cannot be held by anybody, and its lane ends. */
  private async whileHeldElsewhere(conversationId: string): Promise<LaneOutcome> {
    const exists = (await this.conversations.find(conversationId)) !== null;
    return exists ? { next: 'later', delayMs: LEASE_RETRY_MS } : none;
  }

  private async runHeld(lease: Lease, lost: AbortSignal): Promise<TurnOutcome> {
    // A /reset that came before the waiting messages holds for them.
    const { replied, heldUpMs } = await this.commands.handleWaiting(lease.conversationId, lease);
    const outcome = await this.runNext(lease, lost, heldUpMs);
    return { lane: outcome.lane, replied: replied || outcome.replied };
  }

  /** @param heldUpMs no turn begins until then: an event is tried again that has failed */
  private async runNext(lease: Lease, lost: AbortSignal, heldUpMs: number): Promise<TurnOutcome> {
    const conversation = await this.conversations.find(lease.conversationId);
    if (!conversation || conversation.status === 'paused') return idle(none);
    const { channel, chatId } = conversation;
    return await inLogScope({ channel, chatId: String(chatId) }, () =>
      this.runIn(conversation, lease, lost, heldUpMs),
    );
  }

  private async runIn(
    conversation: Conversation,
    lease: Lease,
    lost: AbortSignal,
    heldUpMs: number,
  ): Promise<TurnOutcome> {
    // Without its bot there is no prompt of its, and no way to answer.
    if (!this.channel.serves(conversation.channel))
      return idle({ next: 'later', delayMs: UNSERVED_RETRY_MS });
    if (await this.conversations.isBlocked(null, conversation.id)) {
      await this.endings.dropAll(lease);
      return idle(none);
    }
    if (conversation.unreachableAt && !(await this.endings.dropUnreachable(lease))) return idle(none);
    const open = await this.turns.findOpen(conversation.id);
    if (open && open.waitMs > 0) return idle({ next: 'later', delayMs: open.waitMs });
    if (this.stopping.soon.aborted) return idle({ next: 'now' });
    if (open) {
      const excused = this.afterRun.endedInOrder(open.turn.id) ? 1 : 0;
      const turn = await this.turns.takeOver(lease, open.turn, excused);
      this.afterRun.recorded(turn.id);
      const about = { conversationId: conversation.id, turnId: turn.id, continuesId: turn.continuesId };
      this.logger.log({ msg: 'turn goes on', ...about });
      const run = { lease, conversation, turn };
      const runHere = (): Promise<TurnOutcome> => this.inItsScope(run, lost);
      return isSuspect(turn) ? await this.isolated.run(run, runHere) : await runHere();
    }
    if (heldUpMs > 0) return idle({ next: 'later', delayMs: heldUpMs });
    const claimed = await this.claim.next(lease, conversation);
    if (claimed.kind === 'nothing') return { lane: none, replied: claimed.replied };
    if (claimed.kind === 'later') {
      const { delayMs, deferred } = claimed;
      const wait = { position: null, waitMs: delayMs };
      const gateMs = await this.waitNotices.tell(lease, conversation, deferred, wait);
      return idle({ next: 'later', delayMs: gateMs > 0 ? Math.min(gateMs, delayMs) : delayMs });
    }
    return await this.inItsScope({ lease, conversation, turn: claimed.turn }, lost);
  }

  private async inItsScope(run: Run, lost: AbortSignal): Promise<TurnOutcome> {
    const { id: conversationId, channel, chatId } = run.conversation;
    const ids = { channel, chatId: String(chatId), conversationId, turnId: run.turn.id };
    return await inLogScope(ids, () => this.goOn(run, lost));
  }

  /** Works on the turn until it is finished, failed, put off, interrupted or handed back. */
  private async goOn(run: Run, lost: AbortSignal): Promise<TurnOutcome> {
    const { lease, conversation, turn } = run;
    const spentMs = stopwatch();
    const watch = this.watch.begin(lease, turn.id, this.interruptions.of(lease, turn));
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
    const busyUntil = this.busy.show(conversation, signals.signal);
    try {
      if (turn.takeovers > MAX_TAKEOVERS) throw new TurnPoisonError(turn.takeovers);
      const replied = await withOwner(stray, () => this.work.finish(run, signals.signal));
      const ms = spentMs();
      const ended = replied ? 'done' : 'cancelled';
      this.metrics.ended(ended);
      this.logger.log({ msg: `turn ${ended}`, conversationId: conversation.id, turnId: turn.id, ms });
      return { lane: await this.turns.whatNext(conversation.id), replied };
    } catch (error) {
      // The turn may have been interrupted just before it ended so.
      await watch.end();
      return await this.afterRun.settle(run, signals.endOf(error), spentMs());
    } finally {
      await watch.end();
      busyUntil();
      signals.close();
    }
  }
}

/** Time that passed, which no setting of the clock changes: a turn has only so much of it. */
function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => Math.round(performance.now() - startedAt);
}
