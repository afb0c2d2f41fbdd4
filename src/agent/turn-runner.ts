import { Injectable, Logger } from '@nestjs/common';
import { AgentSettings } from '../config/agent.settings.js';
import { LeaseLostError, TurnpikeError } from '../errors/errors.js';
import { isUnreachable } from '../errors/unreachable.js';
import type { Conversation, Turn } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { LeaseHolder } from '../lease/lease-holder.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { Random } from '../runtime/random.js';
import { Stopping } from '../runtime/stopping.js';
import { AgentLoop } from './agent-loop.js';
import type { WaitingCall } from './approvals/approval-gate.js';
import { Approvals } from './approvals/approvals.service.js';
import { BusyIndicator } from './busy-indicator.js';
import { Commands } from './commands.service.js';
import { ContextBuilder } from './context-builder.js';
import { EventClaim } from './event-claim.js';
import { LiveReplies } from './live/live-replies.js';
import { ModelCallers } from './model/model-caller.js';
import { Newcomers } from './newcomers.js';
import { type RunEnd, RunSignals } from './run-signals.js';
import { TurnEndings } from './turn-endings.repository.js';
import { afterFailure, MAX_TAKEOVERS, TurnPoisonError } from './turn-failure.js';
import { TurnRepository } from './turn.repository.js';
import { TurnWatch } from './turn-watch.js';

/** When the lease is somebody else's: look again soon, that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

const none: LaneOutcome = { next: 'none' };

/**
 * Runs one turn of a conversation: takes its lease, claims what waits, asks the agent, commits the answer. Whatever
 * interrupts it, the next run goes on from the turn's committed steps.
 */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger(TurnRunner.name);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly turns: TurnRepository,
    private readonly endings: TurnEndings,
    private readonly claim: EventClaim,
    private readonly newcomers: Newcomers,
    private readonly watch: TurnWatch,
    private readonly commands: Commands,
    private readonly context: ContextBuilder,
    private readonly callers: ModelCallers,
    private readonly loop: AgentLoop,
    private readonly approvals: Approvals,
    private readonly busy: BusyIndicator,
    private readonly live: LiveReplies,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
    private readonly settings: AgentSettings,
    private readonly random: Random,
  ) {}

  /** @throws only what the database throws: the job is then tried again, and the sweep stands behind it */
  async run(conversationId: string): Promise<TurnOutcome> {
    try {
      const outcome = await this.leases.hold(conversationId, 'turns', (lease, lost) =>
        this.runHeld(lease, lost),
      );
      return outcome ?? { lane: await this.whileHeldElsewhere(conversationId), replied: false };
    } catch (error) {
      if (error instanceof LeaseLostError) return { lane: none, replied: false };
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
    const { replied } = await this.commands.handleWaiting(lease.conversationId, lease);
    const lane = await this.runNext(lease, lost);
    return { lane: lane.outcome, replied: replied || lane.replied };
  }

  private async runNext(
    lease: Lease,
    lost: AbortSignal,
  ): Promise<{ outcome: LaneOutcome; replied: boolean }> {
    const conversation = await this.conversations.find(lease.conversationId);
    if (!conversation || conversation.status === 'paused') return { outcome: none, replied: false };
    if (conversation.status === 'blocked') {
      await this.endings.dropAll(lease);
      return { outcome: none, replied: false };
    }
    const open = await this.turns.findOpen(conversation.id);
    if (open && open.waitMs > 0) return { outcome: { next: 'later', delayMs: open.waitMs }, replied: false };
    if (this.stopping.soon.aborted) return { outcome: { next: 'now' }, replied: false };
    if (open) return await this.goOn(lease, lost, conversation, await this.turns.takeOver(lease, open.turn));
    const claimed = await this.claim.next(lease, conversation);
    if (claimed.kind === 'nothing') return { outcome: none, replied: false };
    if (claimed.kind === 'later')
      return { outcome: { next: 'later', delayMs: claimed.delayMs }, replied: false };
    return await this.goOn(lease, lost, conversation, claimed.turn);
  }

  /** Works on the turn until it is finished, failed, put off, interrupted or handed back. */
  private async goOn(lease: Lease, lost: AbortSignal, conversation: Conversation, turn: Turn) {
    const spentMs = stopwatch();
    const watch = this.watch.begin(lease);
    const { turnTimeoutMs } = this.settings;
    const signals = new RunSignals(
      lost,
      watch.signal,
      this.stopping,
      turnTimeoutMs - turn.spentMs,
      turnTimeoutMs,
    );
    const idle = this.busy.show(conversation, signals.signal);
    try {
      if (turn.takeovers > MAX_TAKEOVERS) throw new TurnPoisonError(turn.takeovers);
      const replied = await this.answer(lease, signals.signal, conversation, turn);
      const ms = spentMs();
      const msg = replied ? 'turn done' : 'turn cancelled';
      this.logger.log({ msg, conversationId: conversation.id, turnId: turn.id, ms });
      return { outcome: await this.whatNext(conversation.id), replied };
    } catch (error) {
      return await this.afterRun(lease, conversation, turn, signals.endOf(error), spentMs());
    } finally {
      watch.end();
      idle();
      signals.close();
    }
  }

  private async answer(
    lease: Lease,
    signal: AbortSignal,
    conversation: Conversation,
    turn: Turn,
  ): Promise<boolean> {
    const sender = await this.claim.senderOf(turn);
    const context = await this.context.build(conversation, turn, sender);
    const caller = await this.callers.of(conversation, sender);
    const tools = { sender, languageCode: sender?.languageCode ?? null };
    const newcomers = this.newcomers.of(lease, conversation, turn);
    const live = await this.live.of(lease, turn, conversation, signal);
    try {
      const end = await this.loop.run({ turn, lease, context, caller, tools, signal, newcomers, live });
      await live.end();
      return await this.endings.finish(lease, turn, end);
    } finally {
      await live.end();
    }
  }

  private async afterRun(lease: Lease, conversation: Conversation, turn: Turn, end: RunEnd, spentMs: number) {
    const about = { conversationId: turn.conversationId, turnId: turn.id };
    switch (end.kind) {
      case 'lost':
        throw new LeaseLostError(`turn ${turn.id}`);
      case 'interrupted':
        await this.endings.interrupt(lease, turn);
        this.logger.log({ msg: 'turn interrupted', ...about });
        return { outcome: { next: 'now' as const }, replied: false };
      case 'parked':
        return await this.park(lease, conversation, turn, end.calls);
      case 'stopping':
        this.logger.log({ msg: 'turn handed back', ...about });
        return { outcome: { next: 'now' as const }, replied: false };
      case 'failed':
        return await this.fail(lease, turn, end.error, spentMs);
      case 'broken':
        // The job fails, and the turn is taken over as it stands.
        if (isUnreachable(end.error)) await this.layDown(lease, turn);
        throw end.error;
    }
  }

  private async park(lease: Lease, conversation: Conversation, turn: Turn, calls: readonly WaitingCall[]) {
    const askedBy = (await this.claim.senderOf(turn))?.userId ?? null;
    const asked = calls.map(({ call, stepIndex }) => ({
      stepIndex,
      tool: call.name,
      arguments: call.arguments,
      askedBy,
    }));
    await this.approvals.ask(lease, conversation, turn, asked);
    this.logger.log({ msg: 'turn parked', conversationId: conversation.id, turnId: turn.id });
    return { outcome: await this.whatNext(conversation.id), replied: true };
  }

  private async fail(lease: Lease, turn: Turn, error: TurnpikeError, spentMs: number) {
    const decision = afterFailure(error, turn, this.random.next());
    const about = { conversationId: turn.conversationId, turnId: turn.id, code: decision.failure.code };
    if (decision.kind === 'again') {
      this.logger.warn({
        msg: 'turn put off',
        ...about,
        delayMs: decision.delayMs,
        error: decision.failure.error,
      });
      await this.turns.postpone(lease, turn, decision.failure, decision.delayMs, spentMs);
      return { outcome: { next: 'later' as const, delayMs: decision.delayMs }, replied: false };
    }
    this.logger.error({ msg: 'turn failed for good', ...about, error: decision.failure.error });
    const replied = await this.endings.fail(lease, turn, decision.failure);
    return { outcome: await this.whatNext(turn.conversationId), replied };
  }

  /** Nobody died in the turn, and however long a disk is full, that must not make it poison. Best effort. */
  private async layDown(lease: Lease, turn: Turn): Promise<void> {
    await this.turns.layDown(lease, turn).catch(() => undefined);
  }

  private async whatNext(conversationId: string): Promise<LaneOutcome> {
    return (await this.turns.hasWaiting(conversationId)) ? { next: 'now' } : none;
  }
}

/** Time that passed, which no setting of the clock changes: a turn has only so much of it. */
function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => Math.round(performance.now() - startedAt);
}

export interface TurnOutcome {
  readonly lane: LaneOutcome;
  /** Replies wait to be sent. */
  readonly replied: boolean;
}
