import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import { epochIn, type MergedConversations } from './merge.js';

/** Rows in one commit: some tens of milliseconds. */
const BATCH = 1_000;
/** Ids that are looked up at once. */
const LOOKED_UP = 20_000;
/** The newest messages stay until the end: more than any context shows, so a turn under way misses none. */
export const NEWEST_MESSAGES = 2_000;

/** Rows of one table that no longer change. */
interface History {
  readonly table: Prisma.Sql;
  readonly idType: Prisma.Sql;
  readonly settled: Prisma.Sql;
  readonly hasEpoch: boolean;
}

/**
 * Transfers the history of a conversation that is merged into another: many small commits, oldest rows first, while both
 * conversations are in use. Safe to repeat: it continues with the remaining rows, whichever process began.
 */
@Injectable()
export class HistoryMigration {
  constructor(private readonly prisma: PrismaService) {}

  /** Yields the number of rows after each commit. Ends early when one of the two is gone. */
  async *batches(merge: MergedConversations): AsyncGenerator<number, void> {
    const { keep, gone } = merge;
    // Epochs are numbered on from the other's present epoch, whatever resets come before the end.
    await this.prisma.$executeRaw`
      INSERT INTO conversation_merges (gone_id, keep_id, epoch_offset)
      SELECT ${gone}::uuid, id, epoch FROM conversations WHERE id = ${keep}::uuid
      ON CONFLICT (gone_id) DO UPDATE SET keep_id = EXCLUDED.keep_id, epoch_offset = EXCLUDED.epoch_offset
        WHERE conversation_merges.keep_id <> EXCLUDED.keep_id`;
    for (const history of await this.historyOf(gone)) {
      for (let ids = await this.find(history, gone); ids.length > 0; ids = await this.find(history, gone)) {
        for (let from = 0; from < ids.length; from += BATCH) {
          const moved = await this.move(history, merge, ids.slice(from, from + BATCH));
          if (moved === null) return;
          yield moved;
        }
      }
    }
  }

  private async historyOf(gone: string): Promise<readonly History[]> {
    const [oldest] = await this.prisma.$queryRaw<{ id: bigint }[]>`
      SELECT id FROM messages WHERE conversation_id = ${gone}::uuid
      ORDER BY id DESC OFFSET ${NEWEST_MESSAGES} LIMIT 1`;
    const bigint = Prisma.sql`bigint[]`;
    return [
      {
        table: Prisma.sql`events`,
        idType: bigint,
        // In the order of the index.
        settled: Prisma.sql`state <> 'waiting' AND state <> 'claimed' AND conversation_id IS NOT NULL`,
        hasEpoch: false,
      },
      {
        table: Prisma.sql`turns`,
        idType: Prisma.sql`uuid[]`,
        settled: Prisma.sql`state IN ('done', 'failed', 'cancelled')
          AND NOT EXISTS (SELECT FROM drafts d WHERE d.turn_id = turns.id)`,
        hasEpoch: true,
      },
      {
        table: Prisma.sql`messages`,
        idType: bigint,
        settled: Prisma.sql`id <= ${oldest?.id ?? -1}`,
        hasEpoch: true,
      },
      {
        table: Prisma.sql`replies`,
        idType: bigint,
        // Open questions change when they are migrated.
        settled: Prisma.sql`settled_at IS NOT NULL AND question_id IS NULL`,
        hasEpoch: false,
      },
    ];
  }

  private async find({ table, settled }: History, gone: string): Promise<readonly string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM ${table} WHERE conversation_id = ${gone}::uuid AND ${settled}
      ORDER BY ${table}.id LIMIT ${LOOKED_UP}`;
    return rows.map(({ id }) => id);
  }

  /** @returns the number of rows; null if one of the conversations is gone */
  private async move(
    { table, idType, settled, hasEpoch }: History,
    { keep, gone }: MergedConversations,
    ids: readonly string[],
  ): Promise<number | null> {
    return await this.prisma.$transaction(async (tx) => {
      // Before any of their rows, as every transaction does: an erasure comes before or after this commit.
      const both = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM conversations
        WHERE id IN (${keep}::uuid, ${gone}::uuid) AND erased_at IS NULL ORDER BY id FOR KEY SHARE`;
      if (both.length < 2) return null;
      const epoch = hasEpoch ? Prisma.sql`, epoch = ${epochIn({ keep, gone })}` : Prisma.empty;
      return await tx.$executeRaw`
        UPDATE ${table} SET conversation_id = ${keep}::uuid${epoch}
        WHERE id = ANY (${[...ids]}::text[]::${idType}) AND conversation_id = ${gone}::uuid AND ${settled}`;
    });
  }
}
