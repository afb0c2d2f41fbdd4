import { Injectable } from '@nestjs/common';
import type { RunStatement } from '../../platform/database/direct-sql.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { unflushed } from '../../platform/database/unflushed.js';
import { refersToNothing } from '../../platform/errors/database-codes.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { type Lane, Prisma } from '../../generated/prisma/client.js';
import { lockLease } from './lock-lease.js';

/** How long a holder that stops renewing keeps its conversation, by the database's clock. */
export const LEASE_TTL_MS = 15_000;

/** Proof of the right to commit for one lane of one conversation; every holder has a token of its own. */
export interface Lease {
  readonly conversationId: string;
  readonly lane: Lane;
  readonly token: bigint;
  /** Held for another process, which gives it back. */
  readonly isBorrowed?: true;
}

/** A lease with what was read when it was taken; null: there was no such row. */
export interface TakenLease<State> {
  readonly lease: Lease;
  readonly state: State | null;
}

/** The read that comes with taking a lease: a SELECT of one row, or of none. */
export interface Reading<Row extends object, State> {
  readonly select: Prisma.Sql;
  readonly stateOf: (row: Row) => State;
}

const ttl = Prisma.sql`${LEASE_TTL_MS} * interval '1 ms'`;

/** A database that missed another one's last commits draws different bits. */
const randomBits = Prisma.sql`floor(random() * 2147483648)::bigint`;

/** A first holder's token: a counter in the upper 32 bits, random bits in the lower 31. Compared for equality only. */
const firstToken = Prisma.sql`((1::bigint << 31) | ${randomBits})`;

/** The next holder's token, in the `SET` of an `UPDATE leases`. */
const nextToken = Prisma.sql`((((token >> 31) + 1) << 31) | ${randomBits})`;

/**
 * The SQL condition that a lease is free: it is not held, or its holder cannot prove it. A lease that ends later than
 * one taken now was taken before the database's clock was set back. One that never ends belongs to a conversation that
 * is being erased.
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
  /** Leases that a write has given back. */
  private readonly givenBack = new WeakSet<Lease>();

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Takes the lease if it is free. Locks the lease before its conversation, as every caller does. A lease that ends
   * later than its time allows is not taken but cut to that time, so that a living holder can renew it.
   * @returns null while another holder has it, or when the conversation does not exist (any more)
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
      ), first AS (${insertLease(conversationId, lane)} RETURNING token)
      SELECT token FROM taken UNION ALL SELECT token FROM first`.catch(noneWithoutConversation);
    return row ? { conversationId, lane, token: row.token } : null;
  }

  /**
   * Does the same and reads, in one statement where the former holder has given the lease back, or there was none. The
   * statement reads before it has locked the lease: it takes only one that nobody has held in between, which would be
   * another version of the row, or the first one. A holder that did not give it back may still commit, so that lease is
   * taken first, and read behind. The statement does not wait for the disk: whatever its holder writes is flushed with
   * it, and a lease that a crash undoes is lost to a holder who has written nothing.
   */
  async acquireAndRead<Row extends object, State>(
    conversationId: string,
    lane: Lane,
    { select, stateOf }: Reading<Row, State>,
  ): Promise<TakenLease<State> | null> {
    const own = Prisma.sql`conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane`;
    const [row] = await this.prisma.direct
      .run<Row & { leaseToken: bigint; hasState: boolean | null }>(
        Prisma.sql`
      WITH free AS MATERIALIZED (
        SELECT conversation_id, lane FROM leases
        WHERE ${own} AND expires_at = '-infinity' AND xmin = (SELECT xmin FROM leases WHERE ${own})
        FOR UPDATE SKIP LOCKED
      ), taken AS (
        UPDATE leases l SET token = ${nextToken}, expires_at = clock_timestamp() + ${ttl}
        FROM free WHERE (l.conversation_id, l.lane) = (free.conversation_id, free.lane)
        RETURNING token, ${unflushed} AS unflushed
      ), first AS (${insertLease(conversationId, lane)} RETURNING token, ${unflushed} AS unflushed),
      own AS (SELECT * FROM taken UNION ALL SELECT * FROM first)
      SELECT own.token AS "leaseToken", unflushed, found.* FROM own
      LEFT JOIN (SELECT true AS "hasState", state.* FROM (${select}) AS state) AS found ON true`,
      )
      .catch(noneWithoutConversation);
    if (row) {
      const lease = { conversationId, lane, token: row.leaseToken };
      return { lease, state: row.hasState ? stateOf(row) : null };
    }
    const lease = await this.acquire(conversationId, lane);
    if (!lease) return null;
    const [behind] = await this.prisma.direct.run<Row>(select);
    return { lease, state: behind ? stateOf(behind) : null };
  }

  /** Prolongs the lease. @returns false when it was given back or taken over, or its conversation erased */
  async renew({ conversationId, lane, token }: Lease): Promise<boolean> {
    const renewed = await this.prisma.$executeRaw`
      UPDATE leases SET expires_at = clock_timestamp() + ${ttl}
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}
        AND expires_at <> '-infinity'`;
    return renewed === 1;
  }

  /** Frees the lease at once; harmless when it was lost, or given back by a write, already. */
  async release(lease: Lease): Promise<void> {
    if (this.givenBack.has(lease)) return;
    const { conversationId, lane, token } = lease;
    await this.prisma.$executeRaw`
      UPDATE leases SET expires_at = '-infinity'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}`;
  }

  /**
   * Waits for a commit that the lane's holder is making, and blocks further ones until the caller's commit. Call it
   * before locking anything else and before deciding on `revoke`. Locks a lane that was never held too.
   */
  async lock(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await lockLease(tx, conversationId, lane);
  }

  /** Takes the lease away with the caller's commit: its present holder can commit nothing any more. */
  async revoke(tx: Prisma.TransactionClient, conversationId: string, lane: Lane): Promise<void> {
    await tx.$executeRaw`
      UPDATE leases SET token = ${nextToken}, expires_at = '-infinity'
      WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND expires_at < 'infinity'`;
  }

  /**
   * The fence: call it first in every transaction that commits for the lane. It locks the lease's row, so that no
   * takeover happens between the check and the commit.
   * @throws LeaseLostError
   */
  async assertHeld(tx: Prisma.TransactionClient, lease: Lease): Promise<void> {
    const held = await tx.$queryRaw<{ token: bigint }[]>(heldLease(lease));
    if (held.length === 0) throw lost(lease);
  }

  /**
   * Makes the lease's last commit, behind its fence: it gives the lease back, unless that is borrowed.
   * @param work its other writes
   * @throws LeaseLostError
   */
  async commitLast<T>(lease: Lease, work: (run: RunStatement) => Promise<T>): Promise<T> {
    const { conversationId, lane, token, isBorrowed = false } = lease;
    const result = await this.prisma.direct.transaction(async (run) => {
      const held = await run(Prisma.sql`
        UPDATE leases SET expires_at = CASE WHEN ${isBorrowed} THEN expires_at ELSE '-infinity' END
        WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}
        RETURNING true AS held`);
      if (held.length === 0) throw lost(lease);
      return await work(run);
    });
    if (!isBorrowed) this.givenBack.add(lease);
    return result;
  }

  /**
   * The fence of a commit that is one statement.
   * @param write an INSERT, UPDATE or DELETE that takes its rows from `held`, which has one row, or none if the lease is
   * lost
   * @throws LeaseLostError
   */
  async writeHeld(lease: Lease, write: Prisma.Sql): Promise<void> {
    await this.queryHeld(lease, Prisma.sql`written AS (${write})`, Prisma.sql`SELECT 1`);
  }

  /**
   * As `writeHeld`, for several writes with a result. All of them see the rows as they were before the lease was locked:
   * a decision that must not be old has its condition in the WHERE of an UPDATE, or behind FOR UPDATE.
   * @param writes named CTEs, each of which takes its rows from `held` or from another one of them
   * @param result a SELECT of one row from them, or of none
   * @param isLast the condition under which this is the lease's last write: it is then given back with it
   * @throws LeaseLostError
   */
  async queryHeld<Row extends object>(
    lease: Lease,
    writes: Prisma.Sql,
    result: Prisma.Sql,
    isLast = Prisma.sql`false`,
  ): Promise<Row | null> {
    const { conversationId, lane } = lease;
    const [row] = await this.prisma.direct.run<Row & HeldRow>(Prisma.sql`
      WITH held AS MATERIALIZED (${heldLease(lease)}), ${writes}, given_back AS (
        UPDATE leases SET expires_at = '-infinity' FROM held
        WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND ${isLast}
        RETURNING true
      )
      SELECT fence.*, answer.*
      FROM (SELECT EXISTS (SELECT FROM held) AS "isHeld", EXISTS (SELECT FROM given_back) AS "isGivenBack") AS fence
      LEFT JOIN (SELECT true AS "hasResult", result.* FROM (${result}) AS result) AS answer ON true`);
    if (!row?.isHeld) throw lost(lease);
    if (row.isGivenBack) this.givenBack.add(lease);
    return row.hasResult ? row : null;
  }
}

interface HeldRow {
  readonly isHeld: boolean;
  readonly isGivenBack: boolean;
  readonly hasResult: boolean | null;
}

/** Makes the lease of a lane that was never held. */
function insertLease(conversationId: string, lane: Lane): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO leases (conversation_id, lane, token, expires_at)
    SELECT id, ${lane}::lane, ${firstToken}, clock_timestamp() + ${ttl}
    FROM conversations WHERE id = ${conversationId}::uuid AND NOT EXISTS (
      SELECT FROM leases WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane)
    ON CONFLICT (conversation_id, lane) DO NOTHING`;
}

/** One row, locked until the end of the transaction, if the lease is held. */
function heldLease({ conversationId, lane, token }: Lease): Prisma.Sql {
  return Prisma.sql`
    SELECT token FROM leases
    WHERE conversation_id = ${conversationId}::uuid AND lane = ${lane}::lane AND token = ${token}
    FOR UPDATE`;
}

const lost = ({ conversationId, lane }: Lease): LeaseLostError =>
  new LeaseLostError(`lane ${lane} of conversation ${conversationId}`);

/** The conversation was erased before the insertion of its lease, which waited for that erasure. */
function noneWithoutConversation(error: unknown): [] {
  if (refersToNothing(error)) return [];
  throw error;
}
