import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import type { LaneOutcome } from '../../queue/lease/lane-outcome.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { ClaimTries } from '../turns/tries/claim-tries.js';
import type { LaneState } from '../turns/lane-state.repository.js';
import { TurnDropRepository } from '../turns/turn-drop.repository.js';
import { TurnRun } from '../turns/turn-run.js';
import { TurnRepository } from '../turns/turn.repository.js';
import { WaitNotices } from '../turns/wait-notices.js';
import { TurnSettlement } from './turn-settlement.js';

/** The pause of a conversation whose bot this process does not know; another process, or this one's successor, may. */
const UNSERVED_RETRY_MS = 60_000;

/** The next action of a conversation's lane. */
export type NextStep =
  /** @param isLeftOver the process of an earlier run has died in it */
  | { readonly kind: 'run'; readonly run: TurnRun; readonly isLeftOver: boolean }
  /** @param replied a person without access was notified */
  | { readonly kind: 'idle'; readonly lane: LaneOutcome; readonly replied: boolean };

const idle = (lane: LaneOutcome, replied = false): NextStep => ({ kind: 'idle', lane, replied });
const nothing = idle({ next: 'none' });
const later = (delayMs: number): NextStep => idle({ next: 'later', delayMs });

/** Finds the turn that a conversation runs next: its unfinished one, or a new one that claims the waiting messages. */
@Injectable()
export class NextTurn {
  private readonly logger = new Logger(NextTurn.name);

  constructor(
    private readonly channel: Channel,
    private readonly turns: TurnRepository,
    private readonly drops: TurnDropRepository,
    private readonly claim: ClaimTries,
    private readonly settlement: TurnSettlement,
    private readonly waitNotices: WaitNotices,
    private readonly stopping: Stopping,
  ) {}

  /**
   * @param heldUpMs no new turn begins before: a failed event waits for its next try
   * @throws LeaseLostError; what ClaimTries.next throws
   */
  async find(lease: Lease, state: LaneState, heldUpMs: number): Promise<NextStep> {
    const { conversation, open } = state;
    // Without its bot there is no prompt, and no way to answer.
    if (!this.channel.serves(conversation.channel)) return later(UNSERVED_RETRY_MS);
    if (state.isBlocked) {
      await this.drops.dropAll(lease);
      return nothing;
    }
    if (conversation.unreachableAt && !(await this.drops.dropUnreachable(lease))) return nothing;
    if (open && open.waitMs > 0) return later(open.waitMs);
    if (this.stopping.soon.aborted) return idle({ next: 'now' });
    const turn = open && (await this.turns.findUnfinished(open.turnId));
    if (turn) return await this.takeOver(lease, conversation, turn);
    if (heldUpMs > 0) return later(heldUpMs);
    return await this.claimWaiting(lease, state);
  }

  private async takeOver(lease: Lease, conversation: Conversation, open: Turn): Promise<NextStep> {
    const excused = this.settlement.endedInOrder(open.id) ? 1 : 0;
    const isLeftOver = open.state === 'running' && excused === 0;
    const turn = await this.turns.takeOver(lease, open, excused);
    this.settlement.recorded(turn.id);
    const about = { conversationId: conversation.id, turnId: turn.id, continuesId: turn.continuesId };
    this.logger.log({ msg: 'turn goes on', ...about });
    const heard = await this.turns.readHeard(turn.id);
    return {
      kind: 'run',
      run: TurnRun.forClaim(lease, conversation, { turn, heard, records: null }),
      isLeftOver,
    };
  }

  private async claimWaiting(lease: Lease, state: LaneState): Promise<NextStep> {
    const { conversation } = state;
    const claimed = await this.claim.next(lease, state);
    switch (claimed.kind) {
      case 'turn':
        return { kind: 'run', run: TurnRun.forClaim(lease, conversation, claimed), isLeftOver: false };
      case 'nothing':
        return idle({ next: 'none' }, claimed.replied);
      case 'later': {
        const { delayMs, deferred } = claimed;
        const wait = { position: null, waitMs: delayMs };
        const gateMs = await this.waitNotices.tell(lease, conversation, deferred, wait);
        return later(gateMs > 0 ? Math.min(gateMs, delayMs) : delayMs);
      }
    }
  }
}
