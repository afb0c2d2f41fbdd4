import { Injectable } from '@nestjs/common';
import type { ChatId, UserId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { type PersonRole, Prisma } from '../generated/prisma/client.js';
import type { AccessGrant } from './access-decision.js';

/** A person of a channel. */
export interface PersonOfChannel {
  readonly channel: string;
  readonly userId: UserId;
}

interface Row extends AccessGrant {
  readonly id: ChatId | UserId;
}

/**
 * The grant of a user or a group, as columns of a SELECT from `grantTables`. Only anonymous admins have the id of a
 * group, and they may be blocked in a group with access.
 */
const grantColumns = Prisma.sql`coalesce(p.role::text, CASE WHEN a.chat_id IS NOT NULL THEN 'user' END) AS role,
  p.blocked_at IS NOT NULL AS blocked`;

function grantTables(channel: Prisma.Sql, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    LEFT JOIN person_access p ON p.channel = ${channel} AND p.user_id = ${id}
    LEFT JOIN admitted_chats a ON a.channel = ${channel} AND a.chat_id = ${id}`;
}

/** The `AccessGrant` of one chat, as a JSON object in a SELECT. */
export function selectChatGrant(channel: Prisma.Sql, chatId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(
    SELECT row_to_json(g) FROM (
      SELECT ${grantColumns} FROM (SELECT 1) AS one ${grantTables(channel, chatId)}) AS g)`;
}

/** The roles and blocks of people, and the groups with access. */
@Injectable()
export class AccessGrantRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Finds the grants of these users and groups, by id.
   * @param db the caller's transaction, if there is one
   */
  async findByIds(
    channel: string,
    ids: readonly (ChatId | UserId)[],
    db: Prisma.TransactionClient = this.prisma,
  ): Promise<ReadonlyMap<ChatId | UserId, AccessGrant>> {
    const rows = await db.$queryRaw<Row[]>`
      SELECT i.id, ${grantColumns}
      FROM unnest(${ids}::text[]) AS i (id) ${grantTables(Prisma.sql`${channel}`, Prisma.sql`i.id`)}
      WHERE p.user_id IS NOT NULL OR a.chat_id IS NOT NULL`;
    return new Map(rows.map(({ id, role, blocked }) => [id, { role, blocked }]));
  }

  /** Whether anybody of the channel is blocked; of these ids, if they are given. */
  async anyBlocked(channel: string, ids: readonly UserId[] | null): Promise<boolean> {
    const userId = ids === null ? {} : { userId: { in: [...ids] } };
    const blocked = { channel, blockedAt: { not: null }, ...userId };
    return (await this.prisma.personAccess.findFirst({ where: blocked, select: { userId: true } })) !== null;
  }

  /** Lists the owners and admins, up to `limit`. */
  async deciders(channel: string, limit: number): Promise<UserId[]> {
    const rows = await this.prisma.$queryRaw<{ userId: UserId }[]>`
      SELECT user_id AS "userId" FROM person_access
      WHERE channel = ${channel} AND role IN ('admin', 'owner') AND blocked_at IS NULL
      ORDER BY user_id LIMIT ${limit}`;
    return rows.map(({ userId }) => userId);
  }

  /** Grants a person access; an existing role is kept. */
  async admitPerson(tx: Prisma.TransactionClient, { channel, userId }: PersonOfChannel): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO person_access (channel, user_id, role) VALUES (${channel}, ${userId}, 'user')
      ON CONFLICT (channel, user_id) DO UPDATE SET role = coalesce(person_access.role, 'user')`;
  }

  async admitChat(tx: Prisma.TransactionClient, channel: string, chatId: ChatId): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO admitted_chats (channel, chat_id) VALUES (${channel}, ${chatId}) ON CONFLICT DO NOTHING`;
  }

  /** @returns false if it had no access */
  async expelChat(channel: string, chatId: ChatId): Promise<boolean> {
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

  /** Blocks or unblocks a person; a second block keeps the time of the first. */
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
