import { Injectable } from '@nestjs/common';
import { Prisma, type NotificationEndpoint } from '../../generated/prisma/client.js';
import { type Deferral, isDue, putOffBy } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';

/** A delivery that this process tries now. */
export interface ClaimedDelivery {
  readonly id: bigint;
  readonly notificationId: bigint;
  readonly messageId: string;
  readonly endpointId: string;
  /** This one counted. */
  readonly attempts: number;
  readonly type: string;
  readonly data: Prisma.JsonValue;
  readonly createdAt: Date;
  readonly url: string;
  readonly sealed: NotificationEndpoint['sealed'];
  /** Null: there is none that still signs. */
  readonly previousSealed: NotificationEndpoint['previousSealed'];
}

/** The end of a failed attempt: another one in `retryInMs`, or none. */
export interface FailedAttempt {
  /** The status of the answer; null: there was none. */
  readonly status: number | null;
  readonly error: string;
  /** Null: it was the last one. */
  readonly retryInMs: number | null;
}

/** The time after which an attempt whose process died is repeated: longer than an attempt may take. */
const CLAIM_MS = 60_000;
/** The previous secret of an endpoint signs for so long. */
const ROTATION_MS = 24 * 3_600_000;
const MAX_CLAIMED = 32;

const deferral: Deferral = { since: Prisma.sql`d.deferred_at`, until: Prisma.sql`d.available_at` };

/** Deliveries to endpoints. Each attempt belongs to one process: the claim is a commit, and puts the next one off. */
@Injectable()
export class DeliveryRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Claims due deliveries, the oldest of each endpoint first.
   * @param perEndpoint the most of one endpoint
   * @param busy endpoints of which none is claimed
   */
  async claim(perEndpoint: number, busy: readonly string[]): Promise<ClaimedDelivery[]> {
    return await this.prisma.$queryRaw<ClaimedDelivery[]>(claimStatement(perEndpoint, busy));
  }

  /**
   * Records an attempt, unless a later one has begun since. The two rows are no one commit: an endpoint is locked before
   * its deliveries.
   */
  async recordDelivered({ id, endpointId, attempts }: ClaimedDelivery, status: number): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE notification_deliveries
      SET state = 'delivered', status = ${status}, error = NULL, settled_at = clock_timestamp()
      WHERE id = ${id} AND attempts = ${attempts}`;
    await this.prisma.$executeRaw`
      UPDATE notification_endpoints SET failing_since = NULL
      WHERE id = ${endpointId}::uuid AND failing_since IS NOT NULL`;
  }

  /** As `recordDelivered`. @returns how long the endpoint has failed without a success, in milliseconds */
  async recordFailed(
    { id, endpointId, attempts }: ClaimedDelivery,
    { status, error, retryInMs }: FailedAttempt,
  ): Promise<number> {
    const next =
      retryInMs === null
        ? Prisma.sql`state = 'failed', settled_at = clock_timestamp()`
        : Prisma.sql`${putOffBy(retryInMs)}`;
    await this.prisma.$executeRaw`
      UPDATE notification_deliveries SET status = ${status}, error = ${error}, ${next}
      WHERE id = ${id} AND attempts = ${attempts} AND state = 'pending'`;
    const [row] = await this.prisma.$queryRaw<{ failingMs: number }[]>`
      UPDATE notification_endpoints SET failing_since = coalesce(failing_since, clock_timestamp())
      WHERE id = ${endpointId}::uuid
      RETURNING (extract(epoch FROM clock_timestamp() - failing_since) * 1000)::float8 AS "failingMs"`;
    return row?.failingMs ?? 0;
  }

  /** Disables an endpoint, ends its pending deliveries, and tells of it. */
  async disable(endpointId: string, code: string): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      const [disabled] = await tx.$queryRaw<{ url: string }[]>`
        UPDATE notification_endpoints SET enabled = false WHERE id = ${endpointId}::uuid AND enabled RETURNING url`;
      if (!disabled) return;
      await tx.$executeRaw`
        UPDATE notification_deliveries SET state = 'failed', error = ${code}, settled_at = clock_timestamp()
        WHERE endpoint_id = ${endpointId}::uuid AND state = 'pending'`;
      await tx.$executeRaw`
        SELECT tell_operators('endpoint.disabled',
          json_build_object('endpointId', ${endpointId}::text, 'host', ${new URL(disabled.url).host}::text, 'code', ${code}::text))`;
    });
  }
}

/** The statement behind `DeliveryRepository.claim`, exported to inspect its plan. */
export function claimStatement(perEndpoint: number, busy: readonly string[]): Prisma.Sql {
  return Prisma.sql`
      WITH claimed AS (
        SELECT d.id FROM notification_deliveries d
        WHERE d.id IN (
          SELECT next.id FROM notification_endpoints e
          CROSS JOIN LATERAL (
            -- The two halves of "due", each of which its index finds: a failing endpoint may have very many that are not.
            (SELECT d.id FROM notification_deliveries d
             WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.available_at <= statement_timestamp()
             ORDER BY d.available_at LIMIT ${perEndpoint})
            UNION
            (SELECT d.id FROM notification_deliveries d
             WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.deferred_at > statement_timestamp()
             ORDER BY d.deferred_at DESC LIMIT ${perEndpoint})
          ) AS next
          WHERE e.enabled AND e.id <> ALL (${[...busy]}::uuid[])
          ORDER BY next.id LIMIT ${MAX_CLAIMED}
        ) AND d.state = 'pending' AND ${isDue(deferral)}
        ORDER BY d.id FOR UPDATE SKIP LOCKED
      ), tried AS (
        UPDATE notification_deliveries d SET attempts = attempts + 1, ${putOffBy(CLAIM_MS)}
        FROM claimed WHERE d.id = claimed.id
        RETURNING d.id, d.endpoint_id, d.notification_id, d.attempts
      )
      SELECT t.id, t.notification_id AS "notificationId", n.message_id AS "messageId", t.endpoint_id AS "endpointId", t.attempts, n.type, n.data,
             n.created_at AS "createdAt", e.url, e.sealed,
             CASE WHEN clock_timestamp() < e.rotated_at + ${ROTATION_MS} * interval '1 ms'
                  THEN e.previous_sealed END AS "previousSealed"
      FROM tried t JOIN notifications n ON n.id = t.notification_id JOIN notification_endpoints e ON e.id = t.endpoint_id
      ORDER BY t.id`;
}
