import { Injectable } from '@nestjs/common';
import { LeaseLostError, TurnpikeError } from '../../../platform/errors/errors.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { type Claimed, EventClaim, type LaneMessages } from '../event-claim.js';
import { LaneStateRepository } from '../lane-state.repository.js';
import { EventTriesService } from './event-tries.service.js';

/** Claims messages, so that no failing message delays those behind it for ever. */
@Injectable()
export class ClaimTries {
  constructor(
    private readonly claim: EventClaim,
    private readonly laneStates: LaneStateRepository,
    private readonly tries: EventTriesService,
  ) {}

  /**
   * Claims the oldest message alone if the waiting messages cannot be claimed together: so the messages before a
   * failing one have their own turns, and the failing one is put off, and becomes a dead letter.
   * @throws LeaseLostError, what an unreadable limit throws, and what the database throws while it is away
   */
  async next(lease: Lease, messages: LaneMessages): Promise<Claimed> {
    try {
      return await this.claim.next(lease, messages);
    } catch (error) {
      rethrowOutside(error);
    }
    try {
      const waiting = await this.laneStates.waiting(lease.conversationId, 1);
      return await this.claim.next(lease, { ...messages, waiting });
    } catch (error) {
      rethrowOutside(error);
      return await this.afterFailure(lease, error);
    }
  }

  private async afterFailure({ conversationId }: Lease, error: unknown): Promise<Claimed> {
    const [oldest] = await this.laneStates.waiting(conversationId, 1);
    if (!oldest) return { kind: 'nothing', replied: false };
    const { waitMs, replied } = await this.tries.failed({ ...oldest, conversationId }, error);
    if (replied) return { kind: 'nothing', replied };
    return { kind: 'later', delayMs: waitMs, deferred: [] };
  }
}

/** Rethrows an error that is not the message's fault: a lost lease, or a failure that may pass. */
function rethrowOutside(error: unknown): void {
  if (error instanceof LeaseLostError || error instanceof TurnpikeError) throw error;
}
