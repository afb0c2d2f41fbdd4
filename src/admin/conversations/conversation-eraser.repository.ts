import { Injectable } from '@nestjs/common';
import { BudgetEraser } from '../../budget/budget-eraser.repository.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** A long conversation takes its time; all of it goes at once or not at all. Milliseconds. */
const ERASE_TIMEOUT_MS = 600_000;
const MAX_WAIT_MS = 10_000;

/** Rows one statement changes. */
const BATCH = 10_000;

/** What is still to be forgotten of an erased conversation where PostgreSQL is not in charge. */
export interface Erased {
  /** As the limits name it: `telegram:42`. */
  readonly chat: string;
  /** No other topic of the chat is left. */
  readonly lastOfChat: boolean;
}

/**
 * Erases a conversation with everything that was said in it. What stays is, of each inbound event, its source and
 * external id: so that an update which is delivered again is still known, and does not bring the conversation back.
 */
@Injectable()
export class ConversationEraser {
  constructor(
    private readonly prisma: PrismaService,
    private readonly budgets: BudgetEraser,
  ) {}

  /** @returns null where there is no such conversation */
  erase(id: string): Promise<Erased | null> {
    return this.prisma.$transaction((tx) => this.eraseWithin(tx, id), {
      timeout: ERASE_TIMEOUT_MS,
      maxWait: MAX_WAIT_MS,
    });
  }

  private async eraseWithin(tx: Prisma.TransactionClient, id: string): Promise<Erased | null> {
    // First the leases, as whoever commits for the conversation does: a running turn either is done before, or finds
    // its lease gone and commits nothing.
    await tx.$queryRaw`SELECT token FROM leases WHERE conversation_id = ${id}::uuid ORDER BY lane FOR UPDATE`;
    await inBatches(
      () => tx.$executeRaw`
        DELETE FROM replies WHERE id IN (
          SELECT id FROM replies WHERE conversation_id = ${id}::uuid ORDER BY id LIMIT ${BATCH})`,
    );
    await inBatches(
      () => tx.$executeRaw`
        DELETE FROM messages WHERE id IN (
          SELECT id FROM messages WHERE conversation_id = ${id}::uuid ORDER BY id LIMIT ${BATCH})`,
    );
    // Only now the conversation itself: while it is locked, its new messages wait at the door.
    const [conversation] = await tx.$queryRaw<{ channel: string; chatId: bigint }[]>`
      SELECT channel, chat_id AS "chatId" FROM conversations WHERE id = ${id}::uuid FOR UPDATE`;
    if (!conversation) return null;
    // Each by its own index: there is none over both.
    await inBatches(
      () => tx.$executeRaw`
        UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
        WHERE id IN (
          SELECT id FROM events WHERE conversation_id = ${id}::uuid AND state = 'waiting' LIMIT ${BATCH})`,
    );
    await inBatches(
      () => tx.$executeRaw`
        UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL, turn_id = NULL
        WHERE id IN (
          SELECT id FROM events WHERE conversation_id = ${id}::uuid AND state <> 'waiting' LIMIT ${BATCH})`,
    );
    // A private chat has its user's id; who has the id of a group is an anonymous admin of it.
    await tx.person.deleteMany({ where: { channel: conversation.channel, userId: conversation.chatId } });
    const { channel, chatId } = conversation;
    const chat = `${channel}:${chatId}`;
    const left = await tx.conversation.findFirst({
      where: { channel, chatId, id: { not: id } },
      select: { id: true },
    });
    const lastOfChat = left === null;
    if (lastOfChat) {
      await tx.$executeRaw`DELETE FROM flood_windows WHERE key = ${chat}`;
      await tx.chatMove.deleteMany({ where: { channel, toChatId: chatId } });
    }
    await this.budgets.erase(tx, { conversationId: id, chat, lastOfChat });
    // Turns, steps, facts, summaries, leases and dead letters go with it.
    await tx.$executeRaw`DELETE FROM conversations WHERE id = ${id}::uuid`;
    return { chat, lastOfChat };
  }
}

/** Each statement has to end within the pool's limit, and a conversation has no limit. */
async function inBatches(change: () => Promise<number>): Promise<void> {
  let changed = BATCH;
  while (changed >= BATCH) changed = await change();
}
