import { Injectable, Logger } from '@nestjs/common';
import { LeaseLostError, messageOf } from '../../platform/errors/errors.js';
import type { Lane } from '../../generated/prisma/client.js';
import { type Lease, LEASE_TTL_MS, LeaseRepository } from './lease.repository.js';

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
    if (!lease) return null;
    const lost = new AbortController();
    const heartbeat = setInterval(() => void this.beat(lease, lost), RENEW_EVERY_MS);
    try {
      return await work(lease, lost.signal);
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
