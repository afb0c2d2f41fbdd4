import { Injectable } from '@nestjs/common';
import { BudgetErasureRepository } from '../../budget/budget-erasure.repository.js';
import type { ChatId } from '../../channel/ids.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** The limit of short transactions, which may wait for a commit under way. Milliseconds. */
const TIMES = { timeout: 30_000, maxWait: 10_000 };

/** Rows that one commit deletes: each commit must end within the pool's limit, and a conversation has no limit. */
const BATCH = 5_000;
/** Turns that one commit deletes, with their steps. */
const TURN_BATCH = 500;

/** An erasure without progress for this long has lost its process. */
const SILENT_FOR_MS = 30_000;

/** `lock_timeout`: the longest wait for a locked row is the limit of a transaction. */
const PATIENT = 0;

/** The parts of an erased conversation to be forgotten outside of PostgreSQL. */
export interface Erased {
  /** The key of the limits: `telegram:42`. */
  readonly chat: string;
  /** No other conversation of the chat is left. */
  readonly lastOfChat: boolean;
}

interface Place {
  readonly channel: string;
  readonly chatId: ChatId;
}

/**
 * Erases a conversation with all its content. Only the source and external id of each inbound event stay, so that an
 * update delivered again is still recognised and does not bring the conversation back. Group context has no events: for
 * two days the position of the newest message stays.
 *
 * In stages, so that no caller waits long: `detach` is short, and from its commit on the conversation does not exist
 * for any other part. `finish` deletes the rows, one batch a commit; after a crash another process calls it again.
 */
@Injectable()
export class ConversationErasureRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly budgets: BudgetErasureRepository,
  ) {}

  /** All stages. @returns null if there is no such conversation */
  async erase(id: string): Promise<Erased | null> {
    const place = await this.detach(id);
    if (!place) return null;
    // Null: another process has finished it meanwhile, and notified the limits.
    return (await this.finish(id)) ?? { chat: nameOf(place), lastOfChat: false };
  }

  /**
   * The first stage. Revokes all leases for good, so that none of its turns and replies commits any more, and detaches
   * the conversation from its chat, whose next message makes a new one.
   * @returns null if there is no such conversation, or it is being erased already
   */
  async detach(id: string): Promise<Place | null> {
    return await this.prisma.$transaction(async (tx) => {
      await lockLeases(tx, id);
      await tx.$executeRaw`
        INSERT INTO leases (conversation_id, lane, token, expires_at)
        SELECT c.id, lane, 1, 'infinity' FROM conversations c, unnest(enum_range(NULL::lane)) AS lane
        WHERE c.id = ${id}::uuid ORDER BY lane
        ON CONFLICT (conversation_id, lane) DO UPDATE SET token = leases.token + 1, expires_at = 'infinity'`;
      const [place] = await tx.$queryRaw<Place[]>`
        UPDATE conversations
        SET channel = 'erased:' || id, erased_from = channel, erased_at = clock_timestamp()
        WHERE id = ${id}::uuid AND erased_at IS NULL
        RETURNING erased_from AS channel, chat_id AS "chatId"`;
      // A chat has one access request; its next conversation may ask.
      if (place) await tx.$executeRaw`DELETE FROM pairings WHERE conversation_id = ${id}::uuid`;
      if (place) await eraseUnconfirmed(tx, id);
      if (place) await markHeard(tx, id);
      return place ?? null;
    }, TIMES);
  }

  /**
   * The other stages. Safe to repeat, and harmless in several processes at once.
   * @param lockWaitMs the longest wait for a locked row; then it fails
   * @returns null if nothing is left to erase
   */
  async finish(id: string, lockWaitMs = PATIENT): Promise<Erased | null> {
    const erased = await this.forgetChat(id, lockWaitMs);
    if (!erased) return null;
    for (const batch of this.batches(id)) {
      let more = true;
      while (more && (await this.goesOn(id, lockWaitMs))) more = await this.waiting(lockWaitMs, batch);
    }
    await this.remove(id, lockWaitMs);
    return erased;
  }

  /** Erasures whose process is gone, up to `limit`. Independent of clock changes of the database. */
  async unfinished(limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM conversations
      WHERE erased_at IS NOT NULL
        AND erased_at NOT BETWEEN clock_timestamp() - ${SILENT_FOR_MS} * interval '1 ms' AND clock_timestamp()
      ORDER BY id LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  /** Deletes the marks of erased groups whose updates cannot come again. */
  async forgetMarks(): Promise<void> {
    await this.prisma
      .$executeRaw`DELETE FROM erased_groups WHERE erased_at < clock_timestamp() - interval '2 days'`;
  }

  /** Forgets its chat outside of conversations, unless the chat has others. */
  private async forgetChat(id: string, lockWaitMs: number): Promise<Erased | null> {
    return await this.waiting(lockWaitMs, async (tx) => {
      const [place] = await tx.$queryRaw<Place[]>`
        SELECT erased_from AS channel, chat_id AS "chatId" FROM conversations
        WHERE id = ${id}::uuid AND erased_at IS NOT NULL`;
      if (!place) return null;
      const { channel, chatId } = place;
      const chat = nameOf(place);
      const left = await tx.conversation.findFirst({ where: { channel, chatId }, select: { id: true } });
      const lastOfChat = left === null;
      await lockLeases(tx, id);
      if (lastOfChat) await tx.chatMigration.deleteMany({ where: { channel, toChatId: chatId } });
      await this.budgets.erase(tx, { conversationId: id, chat, lastOfChat });
      if (lastOfChat) await tx.$executeRaw`DELETE FROM flood_windows WHERE key = ${chat}`;
      // A private chat has its user's id. A sender with the id of a group is an anonymous admin of it.
      await tx.person.deleteMany({ where: { channel, userId: chatId } });
      return { chat, lastOfChat };
    });
  }

  /** Each deletes some rows and returns whether more may be left. None waits for another process at the same work. */
  private batches(id: string): readonly ((tx: Prisma.TransactionClient) => Promise<boolean>)[] {
    return [
      // Each by its own index: there is none over both.
      async (tx) =>
        BATCH ===
        (await tx.$executeRaw`
          UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
          WHERE id = ANY (ARRAY(
            SELECT id FROM events WHERE conversation_id = ${id}::uuid AND state = 'waiting'
            LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`),
      async (tx) =>
        BATCH ===
        (await tx.$executeRaw`
          UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
          WHERE id = ANY (ARRAY(
            SELECT id FROM events WHERE conversation_id = ${id}::uuid AND state <> 'waiting'
            LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`),
      async (tx) =>
        BATCH ===
        (await tx.$executeRaw`
          DELETE FROM replies WHERE id = ANY (ARRAY(
            SELECT id FROM replies WHERE conversation_id = ${id}::uuid LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`),
      async (tx) =>
        BATCH ===
        (await tx.$executeRaw`
          DELETE FROM messages WHERE id = ANY (ARRAY(
            SELECT id FROM messages WHERE conversation_id = ${id}::uuid LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`),
      async (tx) =>
        TURN_BATCH ===
        (await tx.$executeRaw`
          DELETE FROM turns WHERE id = ANY (ARRAY(
            SELECT id FROM turns WHERE conversation_id = ${id}::uuid LIMIT ${TURN_BATCH} FOR UPDATE SKIP LOCKED))`),
    ];
  }

  /** Records progress. @returns false if there is nothing left to erase */
  private async goesOn(id: string, lockWaitMs: number): Promise<boolean> {
    const changed = await this.waiting(
      lockWaitMs,
      (tx) => tx.$executeRaw`
        UPDATE conversations SET erased_at = clock_timestamp() WHERE id = ${id}::uuid AND erased_at IS NOT NULL`,
    );
    return changed > 0;
  }

  /** The last stage: deletes the conversation, with any rows that are left of it. */
  private async remove(id: string, lockWaitMs: number): Promise<void> {
    await this.waiting(lockWaitMs, async (tx) => {
      await lockLeases(tx, id);
      await tx.$queryRaw`SELECT 1 FROM conversations WHERE id = ${id}::uuid FOR UPDATE`;
      // Rows that the batches skipped, or that were stored for it meanwhile.
      await tx.$executeRaw`
        UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
        WHERE conversation_id = ${id}::uuid AND state = 'waiting'`;
      await tx.$executeRaw`
        UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
        WHERE conversation_id = ${id}::uuid AND state <> 'waiting'`;
      await tx.$executeRaw`DELETE FROM conversations WHERE id = ${id}::uuid AND erased_at IS NOT NULL`;
    });
  }

  private async waiting<T>(
    lockWaitMs: number,
    work: (tx: Prisma.TransactionClient) => Promise<T>,
  ): Promise<T> {
    return await this.prisma.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT set_config('lock_timeout', ${String(lockWaitMs)}, true)`;
      return await work(tx);
    }, TIMES);
  }
}

/** Before any other row of the conversation, as every commit for it does. */
async function lockLeases(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM leases WHERE conversation_id = ${id}::uuid ORDER BY lane FOR UPDATE`;
}

/**
 * Events stored for it without a lock before this commit: afterwards they could not be distinguished from later ones,
 * and would go to the chat's next conversation.
 */
async function eraseUnconfirmed(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$executeRaw`
    WITH before AS MATERIALIZED (
      SELECT e.id FROM events e
      WHERE e.id = ANY (ARRAY(SELECT event_id FROM unconfirmed_events)) AND e.conversation_id = ${id}::uuid
        AND e.state IN ('waiting', 'dropped')
      ORDER BY e.id FOR NO KEY UPDATE
    ), listed AS (
      DELETE FROM unconfirmed_events WHERE event_id = ANY (ARRAY(SELECT id FROM before))
    )
    UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL
    WHERE id = ANY (ARRAY(SELECT id FROM before))`;
}

/** Group context has no events. */
async function markHeard(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO erased_groups AS mark (channel, chat_id, thread_id, newest)
    SELECT c.erased_from, c.chat_id, c.thread_id, max(o.position)
    FROM conversations c JOIN group_context_messages o ON o.conversation_id = c.id
    WHERE c.id = ${id}::uuid GROUP BY c.id
    ON CONFLICT (channel, chat_id, thread_id) DO UPDATE
    SET newest = greatest(mark.newest, EXCLUDED.newest), erased_at = EXCLUDED.erased_at`;
}

const nameOf = ({ channel, chatId }: Place): string => `${channel}:${chatId}`;
