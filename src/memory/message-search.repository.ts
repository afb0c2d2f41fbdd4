import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import type { MessageRole } from '../generated/prisma/enums.js';

/** The newest messages of a conversation that are scanned one by one, without the index. */
const NEWEST_MESSAGES = 2_000;

export interface FoundMessage {
  readonly id: bigint;
  readonly role: MessageRole;
  readonly author: string | null;
  readonly text: string;
  /** The model wrote it while its request contained text from outside. */
  readonly outside: boolean;
  readonly createdAt: Date;
}

const FOUND_COLUMNS = Prisma.sql`id, role::text, author, text, outside, created_at AS "createdAt"`;

/** Finds messages of one conversation by their text, in any language. */
@Injectable()
export class MessageSearchRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * The newest matches first, at most `limit`. Words match whole, as `websearch_to_tsquery` reads them ("a phrase",
   * -without, or). If no words match, or the query has none, the text itself is searched for in the newest 2,000
   * messages, ignoring letter case: this finds parts of words, and languages written without spaces.
   */
  async search(conversationId: string, query: string, limit: number): Promise<FoundMessage[]> {
    if (query.trim() === '') return [];
    // The expression must equal the index's, word for word.
    const words = Prisma.sql`to_tsvector('simple', text) @@ websearch_to_tsquery('simple', ${query})`;
    // A common word has its newest matches here; a rare one has few matches in the index.
    const recent = await this.amongNewest(conversationId, words, limit);
    if (recent.length >= limit) return recent;
    const all = await this.amongAll(conversationId, words, limit);
    if (all.length > 0) return all;
    const pattern = `%${query.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    return this.amongNewest(conversationId, Prisma.sql`text ILIKE ${pattern}`, limit);
  }

  private amongNewest(conversationId: string, condition: Prisma.Sql, limit: number): Promise<FoundMessage[]> {
    return this.prisma.$queryRaw<FoundMessage[]>`
      SELECT ${FOUND_COLUMNS}
      FROM (
        SELECT * FROM messages WHERE conversation_id = ${conversationId}::uuid
        ORDER BY id DESC LIMIT ${NEWEST_MESSAGES}
      ) AS newest
      WHERE ${condition}
      ORDER BY id DESC
      LIMIT ${limit}`;
  }

  /**
   * Materialised, so that the full-text index finds the matches: given the limit, the planner may otherwise walk the
   * conversation backwards and parse every message.
   */
  private amongAll(conversationId: string, condition: Prisma.Sql, limit: number): Promise<FoundMessage[]> {
    return this.prisma.$queryRaw<FoundMessage[]>`
      WITH matches AS MATERIALIZED (
        SELECT id FROM messages WHERE conversation_id = ${conversationId}::uuid AND ${condition}
      )
      SELECT ${FOUND_COLUMNS}
      FROM messages
      WHERE id IN (SELECT id FROM matches ORDER BY id DESC LIMIT ${limit})
      ORDER BY id DESC`;
  }
}
