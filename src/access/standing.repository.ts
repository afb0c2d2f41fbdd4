import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { PersonRole, Prisma } from '../generated/prisma/client.js';
import type { Standing } from './access-decision.js';

/** A person of a channel. */
export interface PersonOfChannel {
  readonly channel: string;
  readonly userId: bigint;
}

interface Row extends Standing {
  readonly id: bigint;
}

/** The roles and blocks of people, and the groups that are let in. */
@Injectable()
export class StandingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * What is known of these users and groups, by id: no user has the id of a group but its anonymous admins, who may be
   * blocked where the group is let in.
   * @param db the caller's transaction, where there is one
   */
  async of(
    channel: string,
    ids: readonly bigint[],
    db: Prisma.TransactionClient = this.prisma,
  ): Promise<ReadonlyMap<bigint, Standing>> {
    const rows = await db.$queryRaw<Row[]>`
      SELECT i.id, coalesce(p.role::text, CASE WHEN a.chat_id IS NOT NULL THEN 'user' END) AS role,
             p.blocked_at IS NOT NULL AS blocked
      FROM unnest(${ids}::bigint[]) AS i (id)
      LEFT JOIN person_access p ON p.channel = ${channel} AND p.user_id = i.id
      LEFT JOIN admitted_chats a ON a.channel = ${channel} AND a.chat_id = i.id
      WHERE p.user_id IS NOT NULL OR a.chat_id IS NOT NULL`;
    return new Map(rows.map(({ id, role, blocked }) => [id, { role, blocked }]));
  }

  /** Those who decide, up to `limit`. */
  async deciders(channel: string, limit: number): Promise<bigint[]> {
    const rows = await this.prisma.$queryRaw<{ userId: bigint }[]>`
      SELECT user_id AS "userId" FROM person_access
      WHERE channel = ${channel} AND role IN ('admin', 'owner') AND blocked_at IS NULL
      ORDER BY user_id LIMIT ${limit}`;
    return rows.map(({ userId }) => userId);
  }

  /** Lets a person in; who has a role keeps it. */
  async admitPerson(tx: Prisma.TransactionClient, { channel, userId }: PersonOfChannel): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO person_access (channel, user_id, role) VALUES (${channel}, ${userId}, 'user')
      ON CONFLICT (channel, user_id) DO UPDATE SET role = coalesce(person_access.role, 'user')`;
  }

  async admitChat(tx: Prisma.TransactionClient, channel: string, chatId: bigint): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO admitted_chats (channel, chat_id) VALUES (${channel}, ${chatId}) ON CONFLICT DO NOTHING`;
  }

  /** @returns false where it was not let in */
  async expelChat(channel: string, chatId: bigint): Promise<boolean> {
    const { count } = await this.prisma.admittedChat.deleteMany({ where: { channel, chatId } });
    return count > 0;
  }

  /** @param role null: none */
  async setRole(
    tx: Prisma.TransactionClient,
    { channel, userId }: PersonOfChannel,
    role: PersonRole | null,
  ): Promise<void> {
    await tx.personAccess.upsert({
      where: { channel_userId: { channel, userId } },
      create: { channel, userId, role },
      update: { role },
    });
  }

  /** Who is blocked already stays so since then. */
  async setBlocked(
    tx: Prisma.TransactionClient,
    { channel, userId }: PersonOfChannel,
    blocked: boolean,
  ): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO person_access (channel, user_id, blocked_at)
      VALUES (${channel}, ${userId}, CASE WHEN ${blocked} THEN clock_timestamp() END)
      ON CONFLICT (channel, user_id) DO UPDATE
        SET blocked_at = CASE WHEN ${blocked} THEN coalesce(person_access.blocked_at, clock_timestamp()) END`;
  }
}
