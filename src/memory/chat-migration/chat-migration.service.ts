import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { BudgetMigrationRepository } from '../../budget/budget-migration.repository.js';
import type { ChatMigration } from '../../channel/inbound.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationMerge } from './conversation-merge.js';
import { HistoryMigration } from './history-migration.js';
import type { MergedConversations } from './merge.js';
import { ShownMessages } from './shown-messages.js';

/** The last transaction has little left to do; a chat with many topics takes longer. Milliseconds. */
const MOVE_TIMEOUT_MS = 60_000;
const MAX_WAIT_MS = 10_000;

/** How often a send under way is waited for: 16 s in all, longer than a channel waits for it. */
const MAX_WAITS_FOR_SENDS = 64;
const SENT_SOON_MS = 250;

type Tx = Prisma.TransactionClient;

/**
 * A conversation of a migrating chat. If the chat was already used under its new id: the two conversations to merge.
 */
interface Moving {
  /** The conversation of the old chat. */
  readonly id: string;
  readonly merge: MergedConversations | null;
}

/**
 * Migrates the conversations of a chat whose id changed, with all their rows: a group that became a supergroup. If the
 * chat was already used under its new id, the two conversations are merged, and the history of the one that goes is
 * transferred before, in small commits. Safe to repeat after any interruption: a migrated chat is not migrated again, and
 * later arrivals under the old id count as the new one's.
 */
@Injectable()
export class ChatMigrationService {
  private readonly logger = new Logger(ChatMigrationService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly history: HistoryMigration,
    private readonly merging: ConversationMerge,
    private readonly shown: ShownMessages,
    private readonly budgets: BudgetMigrationRepository,
  ) {}

  /**
   * Takes long: do not call it in a transaction. A turn or a send of a surviving conversation goes on. A send of a
   * merged one is waited for, or it would be made twice; its turn loses its lease, commits nothing, and another one
   * continues it.
   * @returns the surviving conversations
   */
  async migrate(channel: string, move: ChatMigration): Promise<readonly string[]> {
    if (move.fromChatId === move.toChatId) return [];
    for (const { merge } of await this.find(this.prisma, channel, move)) {
      let rows = 0;
      if (merge) for await (const moved of this.history.batches(merge)) rows += moved;
      if (rows > 0) this.logger.log({ msg: 'history moved', from: merge?.gone, to: merge?.keep, rows });
    }
    const limits = { timeout: MOVE_TIMEOUT_MS, maxWait: MAX_WAIT_MS };
    for (let waits = 0; ; waits += 1) {
      const isWaiting = waits < MAX_WAITS_FOR_SENDS;
      const kept = await this.prisma.$transaction(
        (tx) => this.moveRest(tx, channel, move, isWaiting),
        limits,
      );
      if (kept) return kept;
      await sleep(SENT_SOON_MS);
    }
  }

  /**
   * Table by table, in the lock order of all transactions.
   * @returns null if nothing was migrated: a send must be waited for
   */
  private async moveRest(
    tx: Tx,
    channel: string,
    move: ChatMigration,
    waitsForSends: boolean,
  ): Promise<readonly string[] | null> {
    const { fromChatId, toChatId } = move;
    await this.lock(tx, channel, move);
    const all = await this.find(tx, channel, move);
    const merges = all.flatMap(({ merge }) => merge ?? []);
    if (waitsForSends && (await this.merging.hasSendsUnderWay(tx, merges))) return null;
    const drafts = await this.shown.draftsOf(
      tx,
      all.map(({ id }) => id),
    );
    await this.remember(tx, channel, move);
    for (const merge of merges) await this.merging.moveWork(tx, merge);
    await this.moveAccess(tx, channel, move);
    for (const { id } of all) await this.shown.forget(tx, id);
    await tx.draft.deleteMany({ where: { turnId: { in: [...drafts] } } });
    for (const merge of merges) await this.merging.moveHistory(tx, merge);
    for (const { id } of all) await this.shown.forgetInReplies(tx, id);
    for (const merge of merges) await this.merging.moveReplies(tx, merge);
    for (const merge of merges) await this.merging.moveMemory(tx, merge);
    await this.budgets.move(tx, `${channel}:${fromChatId}`, `${channel}:${toChatId}`);
    for (const { gone } of merges) await this.budgets.releaseSummary(tx, gone);
    for (const merge of merges) await this.merging.joinHeads(tx, merge);
    const kept = all.map(({ id, merge }) => merge?.keep ?? id);
    for (const id of kept) {
      const data = { chatId: toChatId, chatType: 'supergroup', unreachableAt: null };
      await tx.conversation.update({ where: { id }, data });
      this.logger.log({
        msg: 'conversation moved with its chat',
        conversationId: id,
        from: fromChatId,
        to: toChatId,
      });
    }
    return kept;
  }

  /** The conversations of the old chat; of two to merge, the older survives. */
  private async find(
    db: Tx,
    channel: string,
    { fromChatId, toChatId }: ChatMigration,
  ): Promise<readonly Moving[]> {
    const rows = await db.$queryRaw<{ id: string; other: string | null; isOlder: boolean }[]>`
      SELECT o.id, n.id AS other, (o.created_at, o.id) < (n.created_at, n.id) AS "isOlder"
      FROM conversations o
      LEFT JOIN conversations n ON n.channel = o.channel AND n.chat_id = ${toChatId} AND n.thread_id = o.thread_id
      WHERE o.channel = ${channel} AND o.chat_id = ${fromChatId} ORDER BY o.id`;
    return rows.map(({ id, other, isOlder }) => {
      if (other === null) return { id, merge: null };
      return { id, merge: isOlder ? { keep: id, gone: other } : { keep: other, gone: id } };
    });
  }

  /**
   * Locks as an erasure does: the leases first, as every commit for a lane does, then the conversations. Events that
   * arrive meanwhile are stored without a lock and looked at afterwards.
   */
  private async lock(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMigration): Promise<void> {
    const chats = [fromChatId, toChatId];
    await tx.$queryRaw`
      SELECT l.token FROM leases l JOIN conversations c ON c.id = l.conversation_id
      WHERE c.channel = ${channel} AND c.chat_id = ANY (${chats}::text[])
        AND c.thread_id IN (SELECT thread_id FROM conversations WHERE channel = ${channel} AND chat_id = ${fromChatId})
      ORDER BY l.conversation_id, l.lane FOR UPDATE OF l`;
    await tx.$queryRaw`
      SELECT 1 FROM conversations c
      WHERE c.channel = ${channel} AND c.chat_id = ANY (${chats}::text[])
        AND c.thread_id IN (SELECT thread_id FROM conversations WHERE channel = ${channel} AND chat_id = ${fromChatId})
      ORDER BY c.id FOR UPDATE OF c`;
  }

  /** A group with access keeps it. A group whose request is open asks again, with a new code. */
  private async moveAccess(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMigration): Promise<void> {
    await tx.pairing.deleteMany({ where: { channel, chatId: fromChatId } });
    await tx.$executeRaw`
      INSERT INTO admitted_chats (channel, chat_id, admitted_at)
      SELECT channel, ${toChatId}, admitted_at FROM admitted_chats
      WHERE channel = ${channel} AND chat_id = ${fromChatId}
      ON CONFLICT DO NOTHING`;
    await tx.admittedChat.deleteMany({ where: { channel, chatId: fromChatId } });
  }

  /** From now on the inbox maps the old id to the new one; earlier mappings to the old id are extended. */
  private async remember(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMigration): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO chat_migrations (channel, from_chat_id, to_chat_id) VALUES (${channel}, ${fromChatId}, ${toChatId})
      ON CONFLICT (channel, from_chat_id) DO UPDATE SET to_chat_id = EXCLUDED.to_chat_id`;
    await tx.$executeRaw`
      UPDATE chat_migrations SET to_chat_id = ${toChatId} WHERE channel = ${channel} AND to_chat_id = ${fromChatId}`;
    await tx.$executeRaw`DELETE FROM chat_migrations WHERE channel = ${channel} AND from_chat_id = ${toChatId}`;
  }
}
