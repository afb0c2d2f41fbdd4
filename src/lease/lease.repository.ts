import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { refersToNothing } from '../errors/database-codes.js';
import { LeaseLostError } from '../errors/errors.js';
import { type Lane, Prisma } from '../generated/prisma/client.js';
import { lockLease } from './lock-lease.js';

/** How long a holder that stops renewing keeps its conversation, by the database's clock. */
export const LEASE_TTL_MS = 15_000;

/** Proof of the right to commit for one lane of one conversation; every holder has a token of its own. */
export interface Lease {
  readonly conversationId: string;
  readonly lane: Lane;
  readonly token: bigint;
}

const ttl = Prisma.sql`${LEASE_TTL_MS} * interval '1 ms'`;

/** No database draws the same bits as another one that has missed its last commits. */
const randomBits = Prisma.sql`floor(random() * 2147483648)::bigint`;

/** A first holder's token: a counter in the upper 32 bits, random bits in the lower 31. Compared for equality only. */
export const firstToken = Prisma.sql`((1::bigint << 31) | ${randomBits})`;

/** The next holder's token, in the `SET` of an `UPDATE leases`. */
export const nextToken = Prisma.sql`((((token >> 31) + 1) << 31) | ${randomBits})`;

/**
 * Says in SQL that nobody holds a lease, or nobody can prove it: a lease that ends later than one taken now was taken
 * before the database's clock was set back. One that never ends belongs to a conversation that is being erased.
 * @param lease the alias of `leases` in an outer join
 */
export function isFreeLease(lease: string): Prisma.Sql {
  const end = Prisma.raw(`${lease}.expires_at`);
  return Prisma.sql`(${end} IS NULL OR ${end} <= clock_timestamp()
    OR (${end} > clock_timestamp() + ${ttl} AND ${end} < 'infinity'))`;
}

/**
 * Leases with a fencing token, taken and checked by the database's clock only: a worker that was suspended for longer
 * than its lease finds another token and can commit nothing.
 */
@Injectable()
export class LeaseRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Takes the lease if it is free. Locks the lease before its conversation, as everybody does. A lease that lies further
   * ahead than its time is not taken but cut to that time, so that a holder that lives can renew it.
   * @returns null while somebody else holds it, or when the conversation does not exist (any more)
   */
  async acquire(conversationId: string, lane: Lane): Promise<Lease | null> {
    const [row] = await this.prisma.$queryRaw<{ token: bigint }[]>`
      WITH taken AS (
        UPDATE leases SET token = ${nextToken}, expires_at = clock_timestamp() + ${ttl}
        WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND expires_at <= clock_timestamp()
        RETURNING token
      ), cut AS (
        UPDATE leases SET expires_at = clock_timestamp() + ${ttl}
        WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane
          AND expires_at > clock_timestamp() + ${ttl} AND expires_at < 'infinity'
      ), first AS (
        INSERT INTO leases (conversation_id, lane, token, expires_at)
        SELECT id, ${lane}::lane, ${firstToken}, clock_timestamp() + ${ttl}
        FROM conversations WHERE id = ${conversationId}::uuid AND NOT EXISTS (
          SELECT FROM leases WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane)
        ON CONFLICT (conversation_id, lane) DO NOTHING
        RETURNING token
      )
      SELECT token FROM taken UNION ALL SELECT token FROM first`.catch(noneWithoutConversation);
    return row ? { conversationId, lane, token: row.token } : null;
  }

  /** Prolongs the lease. @returns false when it was given back or taken over, or its conversation erased */
  async renew({ conversationId, lane, token }: Lease): Promise<boolean> {
    const renewed = await this.prisma.$executeRaw`
      UPDATE leases SET expires_at = clock_timestamp() + ${ttl}
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}
        AND expires_at <> '-infinity'`;
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
   * whether to `revoke` calls it first, before anything else is locked. A lane that was never held is locked too.
   */
  async lock(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await lockLease(tx, conversationId, lane);
  }

  /** Takes the lease away with the caller's commit, whoever holds it: that holder can commit nothing any more. */
  async revoke(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await tx.$executeRaw`
      UPDATE leases SET token = ${nextToken}, expires_at = '-infinity'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND expires_at < 'infinity'`;
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

/** The conversation was erased between its sight and the lease's insertion, which waited for that. */
function noneWithoutConversation(error: unknown): [] {
  if (refersToNothing(error)) return [];
  throw error;
}
