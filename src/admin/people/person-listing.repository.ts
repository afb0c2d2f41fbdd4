import { Injectable } from '@nestjs/common';
import type { UserId } from '../../channel/ids.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { ShownPerson } from './person.dto.js';

/** A person's key: their channel and user id. */
export interface PersonKey {
  readonly channel: string;
  readonly userId: UserId;
}

/** Lists the people who have written, for operators. */
@Injectable()
export class PersonListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` after the key, by channel and id. */
  rows(after: PersonKey | null, limit: number): Promise<ShownPerson[]> {
    return this.prisma.$queryRaw<ShownPerson[]>(personRows(after, limit));
  }

  async find({ channel, userId }: PersonKey): Promise<ShownPerson | null> {
    const [person] = await this.prisma.$queryRaw<ShownPerson[]>`
      ${selected} WHERE p.channel = ${channel} AND p.user_id = ${userId}`;
    return person ?? null;
  }
}

const selected = Prisma.sql`
  SELECT p.channel, p.user_id AS "userId", p.first_name AS "firstName", p.last_name AS "lastName", p.username, t.tools,
         a.role::text AS role, a.blocked_at IS NOT NULL AS blocked
  FROM people p LEFT JOIN person_tools t ON t.channel = p.channel AND t.user_id = p.user_id
  LEFT JOIN person_access a ON a.channel = p.channel AND a.user_id = p.user_id`;

export function personRows(after: PersonKey | null, limit: number): Prisma.Sql {
  const behind = after
    ? Prisma.sql`(p.channel, p.user_id) > (${after.channel}, ${after.userId})`
    : Prisma.sql`true`;
  return Prisma.sql`${selected} WHERE ${behind} ORDER BY p.channel, p.user_id LIMIT ${limit}`;
}
