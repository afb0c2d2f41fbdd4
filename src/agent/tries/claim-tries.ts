import { Injectable } from '@nestjs/common';
import { LeaseLostError, TurnpikeError } from '../../errors/errors.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { type Claimed, EventClaim } from '../turn/event-claim.js';
import { TurnRepository } from '../turn/turn.repository.js';
import { EventTries } from './event-tries.service.js';

/** Claims, and sees to it that no message keeps those behind it from their turn for ever. */
@Injectable()
export class ClaimTries {
  constructor(
    private readonly claim: EventClaim,
    private readonly turns: TurnRepository,
    private readonly tries: EventTries,
  ) {}

  /**
   * Where the waiting messages cannot be claimed together the oldest is claimed alone: so those before the one that
   * cannot be claimed have turns of their own, and that one at last is put off, and becomes a dead letter.
   * @throws LeaseLostError, what a limit throws that cannot be asked, and what the database throws while it is away
   */
  async next(lease: Lease, conversation: Conversation): Promise<Claimed> {
    try {
      return await this.claim.next(lease, conversation);
    } catch (error) {
      rethrowOutside(error);
    }
    try {
      return await this.claim.next(lease, conversation, 1);
    } catch (error) {
      rethrowOutside(error);
      return await this.afterFailure(lease, error);
    }
  }

  private async afterFailure({ conversationId }: Lease, error: unknown): Promise<Claimed> {
    const [oldest] = await this.turns.waiting(conversationId, 1);
    if (!oldest) return { kind: 'nothing', replied: false };
    const { waitMs, replied } = await this.tries.failed({ ...oldest, conversationId }, error);
    if (replied) return { kind: 'nothing', replied };
    return { kind: 'later', delayMs: waitMs, deferred: [] };
  }
}

/** The lease is lost, or somebody said that it may work later: that is not the message's fault. */
function rethrowOutside(error: unknown): void {
  if (error instanceof LeaseLostError || error instanceof TurnpikeError) throw error;
}
