import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { LeaseLostError } from '../errors/errors.js';
import { type Lane, Prisma } from '../generated/prisma/client.js';

/** How long a holder that stops renewing keeps its conversation, by the database's clock. */
export const LEASE_TTL_MS = 15_000;

/** Proof of the right to commit for one lane of one conversation; a later holder has a larger token. */
export interface Lease {
  readonly conversationId: string;
  readonly lane: Lane;
  readonly token: bigint;
}

/**
 * Leases with a fencing token, taken and checked by the database's clock only: a worker that was suspended for longer
 * than its lease finds a larger token and can commit nothing.
 */
@Injectable()
export class LeaseRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** @returns null while somebody else holds it, or when the conversation does not exist (any more) */
  async acquire(conversationId: string, lane: Lane): Promise<Lease | null> {
    const rows = await this.prisma.$queryRaw<{ token: bigint }[]>`
      INSERT INTO leases (conversation_id, lane, token, expires_at)
      SELECT id, ${lane}::lane, 1, clock_timestamp() + ${LEASE_TTL_MS} * interval '1 ms'
      FROM conversations WHERE id = ${conversationId}::uuid
      -- An erasure under way is waited for; then there is nothing to lease.
      FOR KEY SHARE
      ON CONFLICT (conversation_id, lane) DO UPDATE
        SET token = leases.token + 1, expires_at = clock_timestamp() + ${LEASE_TTL_MS} * interval '1 ms'
        WHERE leases.expires_at <= clock_timestamp()
      RETURNING token`;
    const row = rows[0];
    return row ? { conversationId, lane, token: row.token } : null;
  }

  /** Prolongs the lease. @returns false when it was taken over or its conversation erased */
  async renew({ conversationId, lane, token }: Lease): Promise<boolean> {
    const renewed = await this.prisma.$executeRaw`
      UPDATE leases SET expires_at = clock_timestamp() + ${LEASE_TTL_MS} * interval '1 ms'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}`;
    return renewed === 1;
  }

  /** Lets the next holder in at once; harmless when the lease was lost already. */
  async release({ conversationId, lane, token }: Lease): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE leases SET expires_at = '-infinity'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}`;
  }

  /**
   * Waits for the commit that the lane's holder makes just now, and lets none be made before the caller's. Whoever looks
   * whether to `revoke` calls it first.
   */
  async lock(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await tx.$queryRaw`
      SELECT 1 FROM leases WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane FOR UPDATE`;
  }

  /** Takes the lease away with the caller's commit, whoever holds it: that holder can commit nothing any more. */
  async revoke(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await tx.$executeRaw`
      UPDATE leases SET token = token + 1, expires_at = '-infinity'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane`;
  }

  /**
   * The fence: call it first in every transaction that commits for the lane. It locks the lease's row, so that nobody
   * takes over between the check and the commit.
   * @throws LeaseLostError
   */
  async assertHeld(tx: Prisma.TransactionClient, { conversationId, lane, token }: Lease): Promise<void> {
    const held = await tx.$queryRaw<{ token: bigint }[]>`
      SELECT token FROM leases
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}
      FOR UPDATE`;
    if (held.length === 0) throw new LeaseLostError(`lane ${lane} of conversation ${conversationId}`);
  }
}
