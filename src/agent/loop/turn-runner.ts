import { Injectable } from '@nestjs/common';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { inLogScope } from '../../platform/observability/log-scope.js';
import type { LaneOutcome } from '../../queue/lease/lane-outcome.js';
import { LeaseHolder } from '../../queue/lease/lease-holder.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { CommandsService } from '../commands/commands.service.js';
import { isSuspect } from '../turns/turn-deaths.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import { TurnRun } from '../turns/turn-run.js';
import { type LaneState, LaneStateRepository } from '../turns/lane-state.repository.js';
import { TurnRepository } from '../turns/turn.repository.js';
import { IsolatedRunsService } from './isolated-runs.service.js';
import { NextTurn } from './next-turn.js';
import { RunSupervisor } from './run-supervisor.js';

/** The pause while another process holds the lease: it is short, because that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

const none: LaneOutcome = { next: 'none' };
const idle = (lane: LaneOutcome): TurnOutcome => ({ lane, replied: false });

/**
 * Runs one turn of a conversation: takes its lease, claims the waiting messages, asks the agent, commits the answer.
 * After any interruption, the next run continues from the turn's committed steps.
 */
@Injectable()
export class TurnRunner {
  constructor(
    private readonly leases: LeaseHolder,
    private readonly conversations: ConversationRepository,
    private readonly laneStates: LaneStateRepository,
    private readonly turns: TurnRepository,
    private readonly commands: CommandsService,
    private readonly nextTurn: NextTurn,
    private readonly supervisor: RunSupervisor,
    private readonly isolated: IsolatedRunsService,
  ) {}

  /** @throws only what the database throws: the job is then retried, and the sweep finds it otherwise */
  async run(conversationId: string): Promise<TurnOutcome> {
    return await orLost(async () => {
      const reading = this.laneStates.reading(conversationId);
      const outcome = await this.leases.holdAndRead(conversationId, 'turns', reading, (lease, lost, state) =>
        this.runHeld(lease, lost, state),
      );
      return outcome ?? idle(await this.whileHeldElsewhere(conversationId));
    });
  }

  /**
   * Continues a turn under the lease of another process, which renews it.
   * @throws what `run` throws
   */
  async goOnFor(lease: Lease, turnId: string): Promise<TurnOutcome> {
    const conversation = await this.conversations.find(lease.conversationId);
    const turn = await this.turns.findRunning(turnId);
    if (!conversation || !turn) return idle(none);
    const heard = await this.turns.readHeard(turnId);
    const run = TurnRun.forClaim(lease, conversation, { turn, heard, records: null });
    return await orLost(() => this.supervisor.run(run, new AbortController().signal));
  }

  /** The outcome while another process holds the conversation; the lane of an erased one ends. */
  private async whileHeldElsewhere(conversationId: string): Promise<LaneOutcome> {
    const exists = (await this.conversations.find(conversationId)) !== null;
    return exists ? { next: 'later', delayMs: LEASE_RETRY_MS } : none;
  }

  private async runHeld(lease: Lease, lost: AbortSignal, state: LaneState | null): Promise<TurnOutcome> {
    if (!state?.needsCommands) return await this.runNext(lease, lost, state, 0);
    // A /reset from before the waiting messages applies to them.
    const { replied, heldUpMs } = await this.commands.handleWaiting(lease.conversationId, lease);
    const after = await this.laneStates.read(lease.conversationId);
    const outcome = await this.runNext(lease, lost, after, heldUpMs);
    return { lane: outcome.lane, replied: replied || outcome.replied };
  }

  private async runNext(
    lease: Lease,
    lost: AbortSignal,
    state: LaneState | null,
    heldUpMs: number,
  ): Promise<TurnOutcome> {
    if (!state || state.conversation.status === 'paused') return idle(none);
    const { channel, chatId } = state.conversation;
    return await inLogScope({ channel, chatId }, async () => {
      const next = await this.nextTurn.find(lease, state, heldUpMs);
      if (next.kind === 'idle') return { lane: next.lane, replied: next.replied };
      const { run, isLeftOver } = next;
      const runHere = (): Promise<TurnOutcome> => this.supervisor.run(run, lost);
      return isSuspect(run.turn) || isLeftOver ? await this.isolated.run(run, runHere) : await runHere();
    });
  }
}

/** Ends the run after a lost lease: the new holder continues the lane. */
async function orLost(run: () => Promise<TurnOutcome>): Promise<TurnOutcome> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof LeaseLostError) return idle(none);
    throw error;
  }
}
