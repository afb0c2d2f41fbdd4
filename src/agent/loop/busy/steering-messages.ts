import { Injectable, Logger } from '@nestjs/common';
import { BusySettings } from '../../turns/busy.settings.js';
import { messageOf, TurnpikeError } from '../../../platform/errors/errors.js';
import { isUnreachable } from '../../../platform/errors/unreachable.js';
import type { Message } from '../../../generated/prisma/client.js';
import type { Block } from '../../context/context.js';
import { AttachmentsService } from '../../attachments/attachments.service.js';
import { Pictures } from '../../attachments/pictures.js';
import { ContextBuilder } from '../../context/context-builder.js';
import type { ActiveRun } from '../../turns/turn-run.js';
import { EventClaim } from '../../turns/event-claim.js';

/** Lets new messages join a running turn, before the step of this index; null: there were none. */
export type Join = (stepIndex: number) => Promise<Block | null>;

/** The mode `steer`: messages that arrive while the agent works join the turn before its next model call. */
@Injectable()
export class SteeringMessages {
  private readonly logger = new Logger(SteeringMessages.name);

  constructor(
    private readonly claim: EventClaim,
    private readonly context: ContextBuilder,
    private readonly attachments: AttachmentsService,
    private readonly pictures: Pictures,
    private readonly settings: BusySettings,
  ) {}

  /**
   * In other modes no message joins, nor does any join a turn that corrects an earlier answer.
   * @throws the returned function: what `EventClaim.join` throws
   */
  createJoin(run: ActiveRun): Join {
    const { conversation, turn, signal } = run;
    const mode = conversation.busyMode ?? this.settings.mode;
    if (mode !== 'steer' || turn.correctsId !== null) return () => Promise.resolve(null);
    return async (stepIndex) => {
      const joined = await this.attachments.read(await this.joinOrNone(run, stepIndex), run);
      if (joined.length === 0) return null;
      return this.context.blockOf(conversation, joined, await this.pictures.ofTurn(joined, signal));
    };
  }

  /** A message that cannot be claimed must not end the turn that it would join: it is tried again after that turn. */
  private async joinOrNone(run: ActiveRun, stepIndex: number): Promise<readonly Message[]> {
    try {
      return await this.claim.join(run, stepIndex);
    } catch (error) {
      if (error instanceof TurnpikeError || isUnreachable(error)) throw error;
      const { id: turnId, conversationId } = run.turn;
      this.logger.warn({ msg: 'no message joined', conversationId, turnId, error: messageOf(error) });
      return [];
    }
  }
}
