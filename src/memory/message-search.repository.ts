import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { MessageRole } from '../generated/prisma/enums.js';

/** Of a conversation without a match by words, the newest messages that are read for the text itself. */
const SCANNED_MESSAGES = 5_000;

export interface FoundMessage {
  readonly id: bigint;
  readonly role: MessageRole;
  readonly author: string | null;
  readonly text: string;
  readonly createdAt: Date;
}

/** Finds messages of one conversation by what they say, in any language. */
@Injectable()
export class MessageSearchRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * The newest matches first, at most `limit`. Words match whole, as `websearch_to_tsquery` reads them ("a phrase",
   * -without, or). Where no words match, or the query has none, the text itself is looked for, letter case aside, in
   * the newest 5,000 messages: so parts of words are found, and languages written without spaces.
   */
  async search(conversationId: string, query: string, limit: number): Promise<FoundMessage[]> {
    if (query.trim() === '') return [];
    const byWords = await this.byWords(conversationId, query, limit);
    return byWords.length > 0 ? byWords : this.byText(conversationId, query, limit);
  }

  /**
   * Materialised, so that the full-text index finds the matches: with the limit in sight the planner may walk the
   * conversation backwards instead and parse every message. The expression is the index's, word for word.
   */
  private byWords(conversationId: string, query: string, limit: number): Promise<FoundMessage[]> {
    return this.prisma.$queryRaw<FoundMessage[]>`
      WITH matches AS MATERIALIZED (
        SELECT id FROM messages
        WHERE conversation_id = ${conversationId}::uuid
          AND to_tsvector('simple', text) @@ websearch_to_tsquery('simple', ${query})
      )
      SELECT id, role::text, author, text, created_at AS "createdAt"
      FROM messages
      WHERE id IN (SELECT id FROM matches ORDER BY id DESC LIMIT ${limit})
      ORDER BY id DESC`;
  }

  private byText(conversationId: string, query: string, limit: number): Promise<FoundMessage[]> {
    const pattern = `%${query.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    return this.prisma.$queryRaw<FoundMessage[]>`
      SELECT id, role::text, author, text, created_at AS "createdAt"
      FROM (
        SELECT * FROM messages WHERE conversation_id = ${conversationId}::uuid
        ORDER BY id DESC LIMIT ${SCANNED_MESSAGES}
      ) AS newest
      WHERE text ILIKE ${pattern}
      ORDER BY id DESC
      LIMIT ${limit}`;
  }
}
