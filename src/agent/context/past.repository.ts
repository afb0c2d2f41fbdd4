import { Injectable } from '@nestjs/common';
import { Prisma, type Summary } from '../../generated/prisma/client.js';
import { MAX_FACTS } from '../../memory/facts.repository.js';
import type { HistoryPage, PastMessage, PastStep } from '../../memory/message.repository.js';
import { PAGE } from './history-reader.js';
import { PrismaService } from '../../platform/database/prisma.service.js';

/** The past of a conversation, as far as it is read with every turn. */
export interface Past {
  /** Oldest first. */
  readonly facts: readonly string[];
  /** The summary of the messages behind which the page begins; null: there is none. */
  readonly summary: Pick<Summary, 'text' | 'coversUntil' | 'tokens' | 'outside'> | null;
  /** The newest page of history. */
  readonly page: HistoryPage;
}

/** A past as it is selected: four columns of JSON. */
export interface PastRow {
  readonly facts: readonly string[] | null;
  readonly summary: (Omit<NonNullable<Past['summary']>, 'coversUntil'> & { coversUntil: string }) | null;
  readonly messages:
    readonly (Omit<PastMessage, 'id' | 'createdAt'> & { id: string; createdMs: number })[] | null;
  readonly steps: readonly PastStep[] | null;
}

/** The turn whose past is read. */
export interface PastOf {
  readonly conversationId: string;
  readonly epoch: number;
  /** The turn's first message; a summary that covers it, because the turn has waited so long, is left out. */
  readonly before: bigint;
}

/** Reads what a turn needs of its conversation's past. */
@Injectable()
export class PastRepository {
  constructor(private readonly prisma: PrismaService) {}

  async read(turn: PastOf): Promise<Past> {
    const [row] = await this.prisma.$queryRaw<PastRow[]>(selectPast(turn));
    if (!row) throw new Error('a SELECT without FROM returns one row');
    return pastOf(row);
  }
}

/** A SELECT of one `PastRow`: every turn needs all of it. */
export function selectPast({ conversationId, epoch, before }: PastOf): Prisma.Sql {
  return Prisma.sql`
    WITH summary AS MATERIALIZED (
      SELECT text, covers_until, tokens, outside FROM summaries
      WHERE conversation_id = ${conversationId}::uuid AND epoch = ${epoch}::int AND text <> ''
        AND covers_until < ${before}
    ), page AS MATERIALIZED (
      -- Compared as rows: see MessageRepository.history.
      SELECT id, role, text, author, turn_id, created_at, attachments, outside FROM messages
      WHERE (conversation_id, epoch, id)
            > (${conversationId}::uuid, ${epoch}::int, coalesce((SELECT covers_until FROM summary), 0))
        AND (conversation_id, epoch, id) < (${conversationId}::uuid, ${epoch}::int, ${before}::bigint)
      ORDER BY conversation_id DESC, epoch DESC, id DESC LIMIT ${PAGE}
    )
    SELECT
      (SELECT json_agg(text ORDER BY id) FROM (
        SELECT id, text FROM facts WHERE conversation_id = ${conversationId}::uuid
        ORDER BY id LIMIT ${MAX_FACTS}) AS kept) AS facts,
      (SELECT json_build_object('text', text, 'coversUntil', covers_until::text, 'tokens', tokens,
                                'outside', outside) FROM summary) AS summary,
      (SELECT json_agg(json_build_object('id', id::text, 'role', role, 'text', text, 'author', author,
                                         'turnId', turn_id, 'createdMs', extract(epoch FROM created_at) * 1000,
                                         'attachments', attachments, 'outside', outside)
                       ORDER BY id DESC) FROM page) AS messages,
      (SELECT json_agg(json_build_object('turnId', turn_id, 'index', index, 'kind', kind, 'result', result)
                       ORDER BY turn_id, index)
       FROM steps WHERE turn_id IN (
         SELECT turn_id FROM page WHERE EXISTS (
           SELECT FROM steps tool WHERE tool.turn_id = page.turn_id AND tool.kind = 'tool'))) AS steps`;
}

export function pastOf({ facts, summary, messages, steps }: PastRow): Past {
  return {
    facts: facts ?? [],
    summary: summary && { ...summary, coversUntil: BigInt(summary.coversUntil) },
    page: {
      messages: (messages ?? []).map(({ id, createdMs, ...message }) => {
        return { ...message, id: BigInt(id), createdAt: new Date(createdMs) };
      }),
      steps: steps ?? [],
    },
  };
}
