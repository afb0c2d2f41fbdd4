import { Injectable } from '@nestjs/common';
import { BudgetEraser } from '../../budget/budget-eraser.repository.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** The short transactions may wait for a commit under way. Milliseconds. */
const TIMES = { timeout: 30_000, maxWait: 10_000 };

/** Rows that one commit takes away: each has to end within the pool's limit, and a conversation has no limit. */
const BATCH = 5_000;
/** Turns: with each go its steps. */
const TURN_BATCH = 500;

/** An erasure that showed no progress for so long has lost its process. */
const SILENT_FOR_MS = 30_000;

/** `lock_timeout`: it waits for whoever has locked a row for as long as its transaction may take. */
const PATIENT = 0;

/** What is still to be forgotten of an erased conversation where PostgreSQL is not in charge. */
export interface Erased {
  /** As the limits name it: `telegram:42`. */
  readonly chat: string;
  /** No other conversation of the chat is left. */
  readonly lastOfChat: boolean;
}

interface Place {
  readonly channel: string;
  readonly chatId: bigint;
}

/**
 * Erases a conversation with everything that was said in it. What stays is, of each inbound event, its source and
 * external id: so that an update which is delivered again is still known, and does not bring the conversation back. What
 * a group was only heard to say has no event: for two days the newest message's id stays.
 *
 * In stages, so that nobody waits for a long one: `detach` is short, and from its commit on the conversation exists for
 * nobody. `finish` takes the rows away, a batch a commit; after a crash somebody calls it again.
 */
@Injectable()
export class ConversationEraser {
  constructor(
    private readonly prisma: PrismaService,
    private readonly budgets: BudgetEraser,
  ) {}

  /** All stages. @returns null where there is no such conversation */
  async erase(id: string): Promise<Erased | null> {
    const place = await this.detach(id);
    if (!place) return null;
    // Null: another process has seen to the rest meanwhile, and told the limits.
    return (await this.finish(id)) ?? { chat: nameOf(place), lastOfChat: false };
  }

  /**
   * The first stage. Takes all leases away for good, so that nothing is committed any more for its turns and replies, and
   * the conversation from its chat, whose next message makes a new one.
   * @returns null where there is no such conversation, or it is being erased already
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
      // A chat has one request to be let in, and its next conversation may ask.
      if (place) await tx.$executeRaw`DELETE FROM pairings WHERE conversation_id = ${id}::uuid`;
      if (place) await eraseUnconfirmed(tx, id);
      if (place) await markHeard(tx, id);
      return place ?? null;
    }, TIMES);
  }

  /**
   * The other stages. Repeatable, and harmless where several processes are at it.
   * @param lockWaitMs for which it waits for a row that somebody has locked; then it fails
   * @returns null where nothing is left to be erased
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

  /** Those whose process has gone, up to `limit`. Whichever way the database's clock was set. */
  async unfinished(limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT id FROM conversations
      WHERE erased_at IS NOT NULL
        AND erased_at NOT BETWEEN clock_timestamp() - ${SILENT_FOR_MS} * interval '1 ms' AND clock_timestamp()
      ORDER BY id LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  /** Forgets up to where groups were heard whose updates do not come again any more. */
  async forgetMarks(): Promise<void> {
    await this.prisma
      .$executeRaw`DELETE FROM erased_groups WHERE erased_at < clock_timestamp() - interval '2 days'`;
  }

  /** Forgets what is known of its chat outside of conversations, unless the chat has others. */
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
      if (lastOfChat) await tx.chatMove.deleteMany({ where: { channel, toChatId: chatId } });
      await this.budgets.erase(tx, { conversationId: id, chat, lastOfChat });
      if (lastOfChat) await tx.$executeRaw`DELETE FROM flood_windows WHERE key = ${chat}`;
      // A private chat has its user's id; who has the id of a group is an anonymous admin of it.
      await tx.person.deleteMany({ where: { channel, userId: chatId } });
      return { chat, lastOfChat };
    });
  }

  /** Each takes some rows and says whether there may be more. None waits for another process that is at it too. */
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

  /** Shows that somebody is at it. @returns false where there is nothing left to be at */
  private async goesOn(id: string, lockWaitMs: number): Promise<boolean> {
    const changed = await this.waiting(
      lockWaitMs,
      (tx) => tx.$executeRaw`
        UPDATE conversations SET erased_at = clock_timestamp() WHERE id = ${id}::uuid AND erased_at IS NOT NULL`,
    );
    return changed > 0;
  }

  /** The last stage: with the conversation goes whatever else is left of it. */
  private async remove(id: string, lockWaitMs: number): Promise<void> {
    await this.waiting(lockWaitMs, async (tx) => {
      await lockLeases(tx, id);
      await tx.$queryRaw`SELECT 1 FROM conversations WHERE id = ${id}::uuid FOR UPDATE`;
      // Those that the batches passed over, or that were stored for it meanwhile.
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

/** Before anything else of the conversation, as whoever commits for it does. */
async function lockLeases(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM leases WHERE conversation_id = ${id}::uuid ORDER BY lane FOR UPDATE`;
}

/**
 * What was stored for it without a lock, before this commit: from then on it could not be told from what came after, and
 * would go to the chat's next conversation.
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

/** No event tells of what a group was only heard to say. */
async function markHeard(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO erased_groups AS mark (channel, chat_id, thread_id, newest_id)
    SELECT c.erased_from, c.chat_id, c.thread_id, max(o.channel_message_id)
    FROM conversations c JOIN overheard o ON o.conversation_id = c.id
    WHERE c.id = ${id}::uuid GROUP BY c.id
    ON CONFLICT (channel, chat_id, thread_id) DO UPDATE
    SET newest_id = greatest(mark.newest_id, EXCLUDED.newest_id), erased_at = EXCLUDED.erased_at`;
}

const nameOf = ({ channel, chatId }: Place): string => `${channel}:${chatId}`;
