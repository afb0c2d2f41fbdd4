import { Injectable } from '@nestjs/common';
import { Prisma } from '../generated/prisma/client.js';

/** Two conversations that turn out to be one. */
export interface Merge {
  /** Lives on, with its history first. */
  readonly keep: string;
  /** Goes into it. */
  readonly gone: string;
}

type Tx = Prisma.TransactionClient;

/**
 * Puts one conversation into another. What was said, received and promised keeps its order, for ids are given out in the
 * order of arrival, whichever conversation they are of. The caller has locked the leases of both.
 */
@Injectable()
export class ConversationMerge {
  async merge(tx: Tx, merge: Merge): Promise<void> {
    await this.moveHistory(tx, merge);
    await this.moveWork(tx, merge);
    await this.moveMemory(tx, merge);
    await this.moveContext(tx, merge);
    await this.joinHeads(tx, merge);
  }

  /** The epochs of the one that goes are counted on from the current epoch of the other; epoch 0 goes on in it. */
  private async moveHistory(tx: Tx, { keep, gone }: Merge): Promise<void> {
    const epoch = epochAfter(keep);
    await tx.$executeRaw`
      UPDATE messages SET conversation_id = ${keep}::uuid, epoch = ${epoch} WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`
      UPDATE resets SET conversation_id = ${keep}::uuid, epoch = ${epoch} WHERE conversation_id = ${gone}::uuid`;
    // A summary of the epoch that goes on would hide what the other was told before.
    await tx.$executeRaw`
      UPDATE summaries s SET conversation_id = ${keep}::uuid, epoch = ${epoch}
      WHERE conversation_id = ${gone}::uuid AND epoch > 0`;
  }

  private async moveContext(tx: Tx, { keep, gone }: Merge): Promise<void> {
    await tx.$executeRaw`UPDATE overheard SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE backgrounds SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
  }

  private async moveWork(tx: Tx, { keep, gone }: Merge): Promise<void> {
    // Each by its own index: there is none over both.
    await tx.$executeRaw`
      UPDATE events SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid AND state = 'waiting'`;
    await tx.$executeRaw`
      UPDATE events SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid AND state <> 'waiting'`;
    // Whoever runs it loses its lease with the conversation: the next one goes on from its steps.
    await tx.$executeRaw`
      UPDATE turns SET conversation_id = ${keep}::uuid, epoch = ${epochAfter(keep)},
        state = CASE WHEN state = 'running' THEN 'waiting' ELSE state END
      WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE approvals SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE replies SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
    await tx.$executeRaw`UPDATE dead_letters SET conversation_id = ${keep}::uuid WHERE conversation_id = ${gone}::uuid`;
  }

  private async moveMemory(tx: Tx, { keep, gone }: Merge): Promise<void> {
    await tx.$executeRaw`
      UPDATE facts SET conversation_id = ${keep}::uuid
      WHERE conversation_id = ${gone}::uuid
        AND text NOT IN (SELECT text FROM facts WHERE conversation_id = ${keep}::uuid)`;
    await tx.$executeRaw`
      UPDATE schedules SET conversation_id = ${keep}::uuid,
        number = number + (SELECT coalesce(max(number), 0) FROM schedules WHERE conversation_id = ${keep}::uuid)
      WHERE conversation_id = ${gone}::uuid`;
  }

  /** Leases, and what of the rest is there twice, go with the conversation. */
  private async joinHeads(tx: Tx, { keep, gone }: Merge): Promise<void> {
    await tx.$executeRaw`
      UPDATE conversations k SET
        epoch = k.epoch + g.epoch,
        epoch_since = CASE WHEN g.epoch > 0 THEN g.epoch_since ELSE k.epoch_since END,
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

/** For a column `epoch`; messages beside all epochs stay there. */
function epochAfter(keep: string): Prisma.Sql {
  return Prisma.sql`CASE WHEN epoch < 0 THEN epoch
    ELSE epoch + (SELECT c.epoch FROM conversations c WHERE c.id = ${keep}::uuid) END`;
}
