import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type ConversationStatus, Prisma } from '../../generated/prisma/client.js';
import type { ShownConversation } from './conversation.dto.js';
import type { TimeCursor } from '../listing/cursor.js';
import { afterTime, microsOf, SCANNED_ROWS } from '../listing/page-sql.js';

export interface ConversationFilter {
  readonly status: ConversationStatus | null;
  /** The prefix of a title, a username, a chat id or a name. */
  readonly search: string | null;
}

export interface ConversationRow extends ShownConversation {
  /** The sort key, exactly. */
  readonly micros: bigint;
}

/** Lists conversations for operators, the one with the newest message first. */
@Injectable()
export class ConversationListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Up to `limit` rows after the cursor that pass the filter. A conversation that gets a message during paging moves to
   * the front, out of the pages still to come.
   */
  rows(filter: ConversationFilter, after: TimeCursor | null, limit: number): Promise<ConversationRow[]> {
    return this.prisma.$queryRaw<ConversationRow[]>(conversationRows(filter, after, limit));
  }

  /**
   * The position from which a filtered page continues after it read `SCANNED_ROWS` rows; null: it reached the last one.
   */
  async endOfScan(after: TimeCursor | null): Promise<TimeCursor | null> {
    const [row] = await this.prisma.$queryRaw<TimeCursor[]>`
      SELECT ${lastMessageMicros} AS micros, id FROM conversations
      WHERE ${afterTime(lastMessageAt, after)}
      ORDER BY last_message_at DESC, id DESC
      LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`;
    return row ?? null;
  }
}

const lastMessageAt = Prisma.sql`last_message_at`;
const lastMessageMicros = microsOf(lastMessageAt);

export function conversationRows(
  { status, search }: ConversationFilter,
  after: TimeCursor | null,
  limit: number,
): Prisma.Sql {
  const filtered = status !== null || search !== null;
  const source = filtered
    ? Prisma.sql`(
        SELECT * FROM conversations WHERE ${afterTime(lastMessageAt, after)}
        ORDER BY last_message_at DESC, id DESC LIMIT ${SCANNED_ROWS}
      )`
    : Prisma.sql`conversations`;
  const conditions = [
    Prisma.sql`erased_at IS NULL`,
    filtered ? Prisma.sql`true` : afterTime(lastMessageAt, after),
    status === null ? Prisma.sql`true` : Prisma.sql`status = ${status}::conversation_status`,
    search === null ? Prisma.sql`true` : begins(search),
  ];
  return Prisma.sql`
    SELECT id, channel, chat_id AS "chatId", thread_id AS "threadId", chat_type AS "chatType", title, username,
           message_count AS "messageCount", last_message_at AS "lastMessageAt", status::text AS status,
           created_at AS "createdAt", ${lastMessageMicros} AS micros
    FROM ${source} AS c
    WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY last_message_at DESC, id DESC
    LIMIT ${limit}`;
}

function begins(search: string): Prisma.Sql {
  const pattern = prefixPattern(search);
  const handle = prefixPattern(search.replace(/^@/, ''));
  return Prisma.sql`(
    title ILIKE ${pattern} OR username ILIKE ${handle} OR chat_id LIKE ${pattern} OR EXISTS (
      SELECT 1 FROM people p
      WHERE p.channel = c.channel AND p.user_id = c.chat_id
        AND (concat_ws(' ', p.first_name, p.last_name) ILIKE ${pattern} OR p.last_name ILIKE ${pattern}
          OR p.username ILIKE ${handle})
    ))`;
}

/** For LIKE: the text itself, then anything. */
function prefixPattern(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
