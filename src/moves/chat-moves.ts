import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { BudgetMover } from '../budget/budget-mover.repository.js';
import type { ChatMove } from '../channel/inbound.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Prisma } from '../generated/prisma/client.js';
import { ConversationMerge } from './conversation-merge.js';
import { HistoryMove } from './history-move.js';
import type { Merge } from './merge.js';
import { ShownMessages } from './shown-messages.js';

/** The last transaction has only little left to do; a chat with many topics takes its time. Milliseconds. */
const MOVE_TIMEOUT_MS = 60_000;
const MAX_WAIT_MS = 10_000;

/** A send under way is waited for so often: 16 s, longer than a channel waits for it. */
const MAX_WAITS_FOR_SENDS = 64;
const SENT_SOON_MS = 250;

type Tx = Prisma.TransactionClient;

/** A conversation of a chat that moves, and where the chat was used under its new id already: the two as one. */
interface Moving {
  /** Of the old chat. */
  readonly id: string;
  readonly merge: Merge | null;
}

/**
 * Moves the conversations of a chat that got another id, with everything that belongs to them: a group that became a
 * supergroup. Where the chat was used under its new id already, the two are one from then on; the history of the one that
 * goes moves before, in small commits. Repeatable, whatever interrupted it: a chat that has moved is not moved again, and
 * what still arrives under the old id is taken for the new one.
 */
@Injectable()
export class ChatMoves {
  private readonly logger = new Logger(ChatMoves.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly history: HistoryMove,
    private readonly merging: ConversationMerge,
    private readonly shown: ShownMessages,
    private readonly budgets: BudgetMover,
  ) {}

  /**
   * Not for a caller's transaction: it may take long. Where its conversation lives on, a turn or a send under way goes on.
   * Where it does not, the send is waited for, or it would be made twice; a turn finds its lease gone, commits nothing, and
   * another one goes on with it.
   * @returns the conversations that live on
   */
  async move(channel: string, move: ChatMove): Promise<readonly string[]> {
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
   * Table by table, in the order in which everybody locks.
   * @returns null where nothing was moved: a send is to be waited for
   */
  private async moveRest(
    tx: Tx,
    channel: string,
    move: ChatMove,
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
      const [from, to] = [String(fromChatId), String(toChatId)];
      this.logger.log({ msg: 'conversation moved with its chat', conversationId: id, from, to });
    }
    return kept;
  }

  /** The conversations of the old chat; of two that become one the older lives on. */
  private async find(
    db: Tx,
    channel: string,
    { fromChatId, toChatId }: ChatMove,
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
   * As an erasure does it: the leases first, as whoever commits for a lane does, then the conversations. What
   * arrives meanwhile is stored without a lock, and looked at afterwards.
   */
  private async lock(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMove): Promise<void> {
    const chats = [fromChatId, toChatId];
    await tx.$queryRaw`
      SELECT l.token FROM leases l JOIN conversations c ON c.id = l.conversation_id
      WHERE c.channel = ${channel} AND c.chat_id = ANY (${chats}::bigint[])
        AND c.thread_id IN (SELECT thread_id FROM conversations WHERE channel = ${channel} AND chat_id = ${fromChatId})
      ORDER BY l.conversation_id, l.lane FOR UPDATE OF l`;
    await tx.$queryRaw`
      SELECT 1 FROM conversations c
      WHERE c.channel = ${channel} AND c.chat_id = ANY (${chats}::bigint[])
        AND c.thread_id IN (SELECT thread_id FROM conversations WHERE channel = ${channel} AND chat_id = ${fromChatId})
      ORDER BY c.id FOR UPDATE OF c`;
  }

  /** A group that was let in stays so; one that waits asks again, with a code of its own. */
  private async moveAccess(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMove): Promise<void> {
    await tx.pairing.deleteMany({ where: { channel, chatId: fromChatId } });
    await tx.$executeRaw`
      INSERT INTO admitted_chats (channel, chat_id, admitted_at)
      SELECT channel, ${toChatId}::bigint, admitted_at FROM admitted_chats
      WHERE channel = ${channel} AND chat_id = ${fromChatId}
      ON CONFLICT DO NOTHING`;
    await tx.admittedChat.deleteMany({ where: { channel, chatId: fromChatId } });
  }

  /** From now on the door takes the old id for the new one, and what led to the old id leads on. */
  private async remember(tx: Tx, channel: string, { fromChatId, toChatId }: ChatMove): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO chat_moves (channel, from_chat_id, to_chat_id) VALUES (${channel}, ${fromChatId}, ${toChatId})
      ON CONFLICT (channel, from_chat_id) DO UPDATE SET to_chat_id = EXCLUDED.to_chat_id`;
    await tx.$executeRaw`
      UPDATE chat_moves SET to_chat_id = ${toChatId} WHERE channel = ${channel} AND to_chat_id = ${fromChatId}`;
    await tx.$executeRaw`DELETE FROM chat_moves WHERE channel = ${channel} AND from_chat_id = ${toChatId}`;
  }
}
