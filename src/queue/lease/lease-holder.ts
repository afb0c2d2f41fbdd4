import { Injectable, Logger } from '@nestjs/common';
import { LeaseLostError, messageOf } from '../../platform/errors/errors.js';
import type { Lane } from '../../generated/prisma/client.js';
import { type Lease, LEASE_TTL_MS, LeaseRepository, type Reading } from './lease.repository.js';

const RENEW_EVERY_MS = LEASE_TTL_MS / 3;

/** Runs work while holding a conversation's lease. */
@Injectable()
export class LeaseHolder {
  private readonly logger = new Logger(LeaseHolder.name);

  constructor(private readonly leases: LeaseRepository) {}

  /**
   * Takes the lease, renews it while `work` runs and gives it back afterwards. The signal aborts with a
   * `LeaseLostError` as soon as the loss is known; the fence in the database holds even before that.
   * @returns null, without running `work`, while another holder has the lease
   */
  async hold<T>(
    conversationId: string,
    lane: Lane,
    work: (lease: Lease, lost: AbortSignal) => Promise<T>,
  ): Promise<T | null> {
    const lease = await this.leases.acquire(conversationId, lane);
    return lease && (await this.whileHeld(lease, (lost) => work(lease, lost)));
  }

  /**
   * Does the same for work that begins with a look at what waits behind the lease.
   * @param work gets what was read when the lease was taken
   */
  async holdAndRead<Row extends object, State, T>(
    conversationId: string,
    lane: Lane,
    reading: Reading<Row, State>,
    work: (lease: Lease, lost: AbortSignal, state: State | null) => Promise<T>,
  ): Promise<T | null> {
    const taken = await this.leases.acquireAndRead(conversationId, lane, reading);
    return taken && (await this.whileHeld(taken.lease, (lost) => work(taken.lease, lost, taken.state)));
  }

  private async whileHeld<T>(lease: Lease, work: (lost: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    const heartbeat = setInterval(() => void this.beat(lease, lost), RENEW_EVERY_MS);
    try {
      return await work(lost.signal);
    } finally {
      clearInterval(heartbeat);
      await this.giveBack(lease);
    }
  }

  private async beat(lease: Lease, lost: AbortController): Promise<void> {
    try {
      if (!(await this.leases.renew(lease))) lost.abort(new LeaseLostError(`lane ${lease.lane}`));
    } catch (error) {
      // The database may be back before the lease ends; the fence decides.
      this.logger.warn({
        msg: 'lease not renewed',
        conversationId: lease.conversationId,
        error: messageOf(error),
      });
    }
  }

  private async giveBack(lease: Lease): Promise<void> {
    try {
      await this.leases.release(lease);
    } catch (error) {
      this.logger.warn({
        msg: 'lease not released',
        conversationId: lease.conversationId,
        error: messageOf(error),
      });
    }
  }
}
