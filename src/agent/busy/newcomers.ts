import { Injectable, Logger } from '@nestjs/common';
import { BusySettings } from '../../config/busy.settings.js';
import { messageOf, TurnpikeError } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import type { Conversation, Message, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import type { Block } from '../context/context.js';
import { Attachments, type Reading } from '../attachments/attachments.service.js';
import { Pictures } from '../attachments/pictures.js';
import { ContextBuilder } from '../context/context-builder.js';
import { EventClaim } from '../turn/event-claim.js';

/** Lets messages that have come meanwhile into a running turn, before the step of this index; null: none did. */
export type Join = (stepIndex: number) => Promise<Block | null>;

/** The mode `steer`: what a user writes while the agent works joins the turn before its next model call. */
@Injectable()
export class Newcomers {
  private readonly logger = new Logger(Newcomers.name);

  constructor(
    private readonly claim: EventClaim,
    private readonly context: ContextBuilder,
    private readonly attachments: Attachments,
    private readonly pictures: Pictures,
    private readonly settings: BusySettings,
  ) {}

  /**
   * In every other mode nobody joins, and never a turn that corrects an earlier answer.
   * @throws the returned function: what `EventClaim.join` throws
   */
  of(lease: Lease, conversation: Conversation, turn: Turn, reading: Reading, signal: AbortSignal): Join {
    const mode = conversation.busyMode ?? this.settings.mode;
    if (mode !== 'steer' || turn.correctsId !== null) return () => Promise.resolve(null);
    return async (stepIndex) => {
      const claimed = await this.joinOrNone(lease, conversation, turn, stepIndex);
      const joined = await this.attachments.read(lease, claimed, reading, signal);
      if (joined.length === 0) return null;
      return this.context.blockOf(conversation, joined, await this.pictures.ofTurn(joined, signal));
    };
  }

  /** A message that cannot be claimed must not end the turn that it would join: it is tried again behind it. */
  private async joinOrNone(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    stepIndex: number,
  ): Promise<readonly Message[]> {
    try {
      return await this.claim.join(lease, conversation, turn, stepIndex);
    } catch (error) {
      if (error instanceof TurnpikeError || isUnreachable(error)) throw error;
      const { id: turnId, conversationId } = turn;
      this.logger.warn({ msg: 'no message joined', conversationId, turnId, error: messageOf(error) });
      return [];
    }
  }
}
