import { Injectable } from '@nestjs/common';
import type { NotificationDelivery, NotificationEndpoint, Prisma } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';

/** An endpoint without its secrets. */
export type ListedEndpoint = Omit<NotificationEndpoint, 'sealed' | 'previousSealed'>;

/** A delivery and its notification. */
export interface ListedDelivery extends NotificationDelivery {
  readonly type: string;
  readonly messageId: string;
  readonly createdAt: Date;
}

const withoutSecrets = { sealed: true, previousSealed: true } as const;

/** Rows of endpoints, as operators see and change them. */
@Injectable()
export class EndpointRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` endpoints older than the one with the id `after`, newest first. */
  async list(after: string | null, limit: number): Promise<ListedEndpoint[]> {
    return await this.prisma.notificationEndpoint.findMany({
      ...(after !== null && { where: { id: { lt: after } } }),
      omit: withoutSecrets,
      orderBy: { id: 'desc' },
      take: limit,
    });
  }

  async find(id: string): Promise<ListedEndpoint | null> {
    return await this.prisma.notificationEndpoint.findUnique({ where: { id }, omit: withoutSecrets });
  }

  async count(): Promise<number> {
    return await this.prisma.notificationEndpoint.count();
  }

  async create(endpoint: Prisma.NotificationEndpointCreateInput): Promise<ListedEndpoint> {
    return await this.prisma.notificationEndpoint.create({ data: endpoint, omit: withoutSecrets });
  }

  /** @returns null if there is none */
  async change(
    id: string,
    change: Prisma.NotificationEndpointUpdateManyMutationInput,
  ): Promise<ListedEndpoint | null> {
    const [changed] = await this.prisma.notificationEndpoint.updateManyAndReturn({
      where: { id },
      data: change,
      omit: withoutSecrets,
    });
    return changed ?? null;
  }

  /** The present secret becomes the previous one, which also signs for a day. @returns null if there is none */
  async rotate(id: string, sealed: Uint8Array<ArrayBuffer>): Promise<ListedEndpoint | null> {
    await this.prisma.$executeRaw`
      UPDATE notification_endpoints
      SET previous_sealed = sealed, sealed = ${sealed}, rotated_at = clock_timestamp() WHERE id = ${id}::uuid`;
    return await this.find(id);
  }

  /** Removes it with its deliveries. @returns false if there is none */
  async remove(id: string): Promise<boolean> {
    const { count } = await this.prisma.notificationEndpoint.deleteMany({ where: { id } });
    await this.prisma.notificationDelivery.deleteMany({ where: { endpointId: id } });
    return count > 0;
  }

  /** Up to `limit` deliveries of an endpoint older than the one with the id `after`, newest first. */
  async deliveries(endpointId: string, after: bigint | null, limit: number): Promise<ListedDelivery[]> {
    const rows = await this.prisma.notificationDelivery.findMany({
      where: { endpointId, ...(after !== null && { id: { lt: after } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
    const notifications = await this.prisma.notification.findMany({
      where: { id: { in: rows.map(({ notificationId }) => notificationId) } },
      select: { id: true, type: true, messageId: true, createdAt: true },
    });
    const byId = new Map(notifications.map((notification) => [notification.id, notification]));
    return rows.flatMap((row) => {
      const notification = byId.get(row.notificationId);
      if (!notification) return [];
      const { type, messageId, createdAt } = notification;
      return [{ ...row, type, messageId, createdAt }];
    });
  }

  /** Lets a delivery wait once more, with all its attempts. @returns false if the endpoint has none with this id */
  async redeliver(endpointId: string, id: bigint): Promise<boolean> {
    const changed = await this.prisma.$executeRaw`
      UPDATE notification_deliveries
      SET state = 'pending', attempts = 0, available_at = clock_timestamp(), deferred_at = NULL, settled_at = NULL
      WHERE endpoint_id = ${endpointId}::uuid AND id = ${id}`;
    return changed > 0;
  }

  /** Writes a notification that no other endpoint gets and no alert tells. @returns the id of its delivery */
  async addTest(endpointId: string, type: string): Promise<bigint> {
    const [added] = await this.prisma.$queryRaw<[{ id: bigint }]>`
      WITH told AS (
        INSERT INTO notifications (type, data, alerted_at)
        VALUES (${type}, json_build_object('endpointId', ${endpointId}::text), clock_timestamp()) RETURNING id
      )
      INSERT INTO notification_deliveries (endpoint_id, notification_id)
      SELECT ${endpointId}::uuid, id FROM told RETURNING id`;
    return added.id;
  }
}
