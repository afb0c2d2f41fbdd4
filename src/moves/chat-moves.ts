import { Injectable, Logger } from '@nestjs/common';
import { BudgetMover } from '../budget/budget-mover.repository.js';
import type { ChatMove } from '../channel/inbound.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Prisma } from '../generated/prisma/client.js';
import { ConversationMerge } from './conversation-merge.js';

/** A chat with many topics, or one that was used under both ids for long, takes its time. Milliseconds. */
const MOVE_TIMEOUT_MS = 60_000;
const MAX_WAIT_MS = 10_000;

/** Telegram's ids have at most 52 significant bits. */
const ID_RANGE = 2n ** 52n;

interface Row {
  readonly id: string;
  readonly chatId: bigint;
  readonly threadId: bigint;
}

/**
 * Moves the conversations of a chat that got another id, with everything that belongs to them: a group that became a
 * supergroup. Where the chat was used under its new id already, the two are one from then on. Repeatable: a chat that has
 * moved is not moved again, and what still arrives under the old id is taken for the new one.
 */
@Injectable()
export class ChatMoves {
  private readonly logger = new Logger(ChatMoves.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly merging: ConversationMerge,
    private readonly budgets: BudgetMover,
  ) {}

  /** In a transaction of its own. */
  async move(channel: string, move: ChatMove): Promise<void> {
    await this.prisma.$transaction((tx) => this.moveWithin(tx, channel, move), {
      timeout: MOVE_TIMEOUT_MS,
      maxWait: MAX_WAIT_MS,
    });
  }

  /**
   * With the caller's transaction. A turn or a send under way goes on where its conversation lives on; else it finds its
   * lease gone, commits nothing, and another one goes on with it.
   */
  async moveWithin(tx: Prisma.TransactionClient, channel: string, move: ChatMove): Promise<void> {
    const { fromChatId, toChatId } = move;
    if (fromChatId === toChatId) return;
    await this.remember(tx, channel, move);
    for (const { id, threadId } of await this.conversationsOf(tx, channel, fromChatId)) {
      await this.forgetMessagesShown(tx, id);
      const kept = await this.joinWith(tx, id, { channel, chatId: toChatId, threadId });
      await tx.conversation.update({
        where: { id: kept },
        data: { chatId: toChatId, chatType: 'supergroup', unreachableAt: null },
      });
      this.logger.log({
        msg: 'conversation moved with its chat',
        conversationId: kept,
        from: String(fromChatId),
        to: String(toChatId),
      });
    }
    await this.moveAccess(tx, channel, move);
    await this.budgets.move(tx, `${channel}:${fromChatId}`, `${channel}:${toChatId}`);
  }

  /** A group that was let in stays so; one that waits asks again, with a code of its own. */
  private async moveAccess(tx: Prisma.TransactionClient, channel: string, move: ChatMove): Promise<void> {
    const { fromChatId, toChatId } = move;
    await tx.$executeRaw`
      INSERT INTO admitted_chats (channel, chat_id, admitted_at)
      SELECT channel, ${toChatId}::bigint, admitted_at FROM admitted_chats
      WHERE channel = ${channel} AND chat_id = ${fromChatId}
      ON CONFLICT DO NOTHING`;
    await tx.admittedChat.deleteMany({ where: { channel, chatId: fromChatId } });
    await tx.pairing.deleteMany({ where: { channel, chatId: fromChatId } });
  }

  /** From now on the door takes the old id for the new one, and what led to the old id leads on. */
  private async remember(tx: Prisma.TransactionClient, channel: string, move: ChatMove): Promise<void> {
    const { fromChatId, toChatId } = move;
    await tx.$executeRaw`
      INSERT INTO chat_moves (channel, from_chat_id, to_chat_id) VALUES (${channel}, ${fromChatId}, ${toChatId})
      ON CONFLICT (channel, from_chat_id) DO UPDATE SET to_chat_id = EXCLUDED.to_chat_id`;
    await tx.$executeRaw`
      UPDATE chat_moves SET to_chat_id = ${toChatId} WHERE channel = ${channel} AND to_chat_id = ${fromChatId}`;
    await tx.$executeRaw`DELETE FROM chat_moves WHERE channel = ${channel} AND from_chat_id = ${toChatId}`;
  }

  /**
   * The conversations, each locked like an erasure locks it: the leases first, as whoever commits for it does, then the
   * conversation, so that the door waits.
   */
  private async conversationsOf(
    tx: Prisma.TransactionClient,
    channel: string,
    chatId: bigint,
  ): Promise<Row[]> {
    await tx.$queryRaw`
      SELECT l.token FROM leases l JOIN conversations c ON c.id = l.conversation_id
      WHERE c.channel = ${channel} AND c.chat_id = ${chatId}
      ORDER BY l.conversation_id, l.lane FOR UPDATE OF l`;
    return await tx.$queryRaw<Row[]>`
      SELECT id, chat_id AS "chatId", thread_id AS "threadId" FROM conversations
      WHERE channel = ${channel} AND chat_id = ${chatId} ORDER BY id FOR UPDATE`;
  }

  /** @returns the one that lives on: of two, the older */
  private async joinWith(
    tx: Prisma.TransactionClient,
    id: string,
    place: { readonly channel: string; readonly chatId: bigint; readonly threadId: bigint },
  ): Promise<string> {
    const there = await tx.conversation.findUnique({ where: { channel_chatId_threadId: place } });
    if (!there) return id;
    const pair = [id, there.id];
    await tx.$queryRaw`
      SELECT token FROM leases WHERE conversation_id = ANY (${pair}::uuid[])
      ORDER BY conversation_id, lane FOR UPDATE`;
    const [keep, gone] = await tx.$queryRaw<{ id: string }[]>`
      WITH locked AS MATERIALIZED (
        SELECT id, created_at FROM conversations WHERE id = ANY (${pair}::uuid[]) ORDER BY id FOR UPDATE)
      SELECT id FROM locked ORDER BY created_at, id`;
    if (!keep || !gone) return id;
    await this.merging.merge(tx, { keep: keep.id, gone: gone.id });
    return keep.id;
  }

  /**
   * Message ids of the old chat are other messages in the new one: what was to be said by editing one is said by a new
   * one. The history keeps them, as a record.
   */
  private async forgetMessagesShown(tx: Prisma.TransactionClient, id: string): Promise<void> {
    await tx.$executeRaw`
      DELETE FROM drafts WHERE turn_id IN (SELECT t.id FROM turns t WHERE t.conversation_id = ${id}::uuid)`;
    await tx.waitNotice.deleteMany({ where: { conversationId: id } });
    await tx.lateEdit.deleteMany({ where: { conversationId: id } });
    // Before all that is said in the new chat, in the order they have; no edit there is of them.
    await tx.$executeRaw`
      UPDATE overheard SET channel_message_id = channel_message_id - ${ID_RANGE} WHERE conversation_id = ${id}::uuid`;
    // An edit that is under way is known to have found no chat, or will be.
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL,
        state = CASE WHEN state = 'sending' THEN 'pending' ELSE state END
      WHERE conversation_id = ${id}::uuid AND settled_at IS NULL AND channel_message_id IS NOT NULL`;
    await tx.$executeRaw`
      UPDATE replies SET channel_message_id = NULL
      WHERE conversation_id = ${id}::uuid AND approval_id IS NOT NULL AND settled_at IS NOT NULL`;
  }
}
