import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../generated/prisma/client.js';
import { epochIn, epochOffset, type MergedConversations } from './merge.js';

type Tx = Prisma.TransactionClient;

/**
 * Merges the rest of one conversation into another, table by table in the lock order of all transactions. Messages,
 * events and replies keep their order, because ids are assigned in the order of arrival across conversations. The
 * caller has locked leases and conversations; most of the history has been transferred before (`HistoryMigration`).
 */
@Injectable()
export class ConversationMerge {
  /**
   * Whether a living process is sending for the conversation that goes: a reply, the first message of a streamed reply,
   * or a wait notice. While the caller holds the leases, no new send begins.
   */
  async hasSendsUnderWay(tx: Tx, merges: readonly MergedConversations[]): Promise<boolean> {
    const gone = merges.map((merge) => merge.gone);
    const [row] = await tx.$queryRaw<{ sending: boolean }[]>`
      SELECT EXISTS (
        SELECT FROM replies r JOIN leases l ON l.conversation_id = r.conversation_id AND l.lane = 'deliveries'
        WHERE r.conversation_id = ANY (${gone}::uuid[]) AND r.settled_at IS NULL AND r.state = 'sending'
          AND l.expires_at > clock_timestamp()
      ) OR EXISTS (
        SELECT FROM drafts d JOIN turns t ON t.id = d.turn_id
        JOIN leases l ON l.conversation_id = t.conversation_id AND l.lane = 'turns'
        WHERE t.conversation_id = ANY (${gone}::uuid[]) AND d.state = 'sending' AND l.expires_at > clock_timestamp()
      ) OR EXISTS (
        SELECT FROM wait_notices n JOIN leases l ON l.conversation_id = n.conversation_id AND l.lane = 'turns'
        WHERE n.conversation_id = ANY (${gone}::uuid[]) AND n.channel_message_id IS NULL
          AND l.expires_at > clock_timestamp()
      ) AS sending`;
    return row?.sending === true;
  }

  async moveWork(tx: Tx, merge: MergedConversations): Promise<void> {
    const { keep, gone } = merge;
    // Each by its own index: there is none over both.
    await tx.$executeRaw`
      UPDATE events SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid AND state = 'waiting'`;
    await tx.$executeRaw`
      UPDATE events SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid AND state <> 'waiting'`;
    await tx.$executeRaw`
      UPDATE event_failures SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    // The turn's process loses its lease with the conversation: the next process continues from its steps.
    await tx.$executeRaw`
      UPDATE turns SET conversation_id = ${keep}::uuid, epoch = ${epochIn(merge)},
        state = CASE WHEN state = 'running' THEN 'waiting' ELSE state END
      WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE approvals SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
  }

  /**
   * The epochs of the conversation that goes are numbered on from the other's current epoch; epoch 0 continues in it.
   */
  async moveHistory(tx: Tx, merge: MergedConversations): Promise<void> {
    const { keep, gone } = merge;
    await tx.$executeRaw`
      UPDATE messages SET conversation_id = ${keep}::uuid, epoch = ${epochIn(merge)}
      WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`
      UPDATE resets SET conversation_id = ${keep}::uuid, epoch = ${epochIn(merge)}
      WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE group_context_messages SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE turn_group_contexts SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    // Only if the other has none: between two, the old chat's has been forgotten by now.
    await tx.$executeRaw`UPDATE wait_notices SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
  }

  async moveReplies(tx: Tx, { keep, gone }: MergedConversations): Promise<void> {
    await tx.$executeRaw`UPDATE replies SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE late_edits SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE dead_letters SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
  }

  async moveMemory(tx: Tx, merge: MergedConversations): Promise<void> {
    const { keep, gone } = merge;
    await tx.$executeRaw`
      UPDATE schedules SET conversation_id = ${keep}::uuid,
        number = number + (SELECT coalesce(max(number), 0) FROM schedules WHERE conversation_id = ${keep}::uuid)
      WHERE conversation_id = ${gone}::uuid`;
    // A summary of the epoch that continues would hide the other conversation's messages.
    await tx.$executeRaw`
      UPDATE summaries s SET conversation_id = ${keep}::uuid, epoch = ${epochIn(merge)}
      WHERE conversation_id = ${gone}::uuid AND epoch > 0`;
    await tx.$executeRaw`
      UPDATE facts SET conversation_id = ${keep}::uuid
      WHERE conversation_id = ${gone}::uuid
        AND text NOT IN (SELECT text FROM facts WHERE conversation_id = ${keep}::uuid)`;
  }

  /** Leases, and remaining duplicates, are deleted with the conversation. */
  async joinHeads(tx: Tx, merge: MergedConversations): Promise<void> {
    const { keep, gone } = merge;
    await tx.$executeRaw`
      UPDATE conversations k SET
        epoch = greatest(k.epoch, ${epochOffset(merge)} + g.epoch),
        -- The last reset of either, of those that led to the epoch that goes on.
        epoch_since = CASE
          WHEN ${epochOffset(merge)} + g.epoch > k.epoch THEN g.epoch_since
          WHEN ${epochOffset(merge)} + g.epoch = k.epoch AND g.epoch > 0 THEN greatest(k.epoch_since, g.epoch_since)
          ELSE k.epoch_since END,
        message_count = k.message_count + g.message_count,
        last_message_at = greatest(k.last_message_at, g.last_message_at),
        -- The stricter: active, paused, blocked.
        status = greatest(k.status, g.status),
        busy_mode = coalesce(g.busy_mode, k.busy_mode),
        model = coalesce(g.model, k.model),
        system_prompt = coalesce(g.system_prompt, k.system_prompt),
        tools = coalesce(g.tools, k.tools),
        answers_all = k.answers_all OR g.answers_all,
        context_messages = coalesce(g.context_messages, k.context_messages),
        output_check = k.output_check OR g.output_check
      FROM conversations g WHERE k.id = ${keep}::uuid AND g.id = ${gone}::uuid`;
    await tx.$executeRaw`DELETE FROM conversations WHERE id = ${gone}::uuid`;
  }
}
