import { Injectable } from '@nestjs/common';
import type { ChatDescription } from '../channel/inbound.js';
import { DatabasePool } from '../database/database-pool.js';
import { PrismaService } from '../database/prisma.service.js';
import type { BusyMode, Conversation, Prisma } from '../generated/prisma/client.js';
import { Ids } from '../runtime/ids.js';

/** A chat of a channel, as the key of its conversation. */
export interface ChatOfChannel {
  readonly channel: string;
  readonly chat: ChatDescription;
}

export interface EpochOfEvent {
  readonly epoch: number;
  /** The reset that ends it; null for the current epoch. */
  readonly until: bigint | null;
}

@Injectable()
export class ConversationRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly pool: DatabasePool,
    private readonly ids: Ids,
  ) {}

  /**
   * The ids of these chats' conversations, in the given order; those that do not exist yet are made. A chat that has moved
   * is taken for where it is now. Undefined for one that is erased at this moment.
   */
  async resolve(chats: readonly ChatOfChannel[]): Promise<(string | undefined)[]> {
    const values = [
      chats.map(({ channel }) => channel),
      chats.map(({ chat }) => chat.chatId),
      chats.map(({ chat }) => chat.threadId),
    ];
    await this.pool.query({
      text: `INSERT INTO conversations (channel, chat_id, thread_id, id, chat_type, title, username, via)
             SELECT i.channel, coalesce(m.to_chat_id, i.chat_id), i.thread_id, i.id, i.type, i.title, i.username, i.via
             FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
               AS i (channel, chat_id, thread_id, id, type, title, username, via)
             LEFT JOIN chat_moves m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
             -- In one order, or two processes that meet the same new chats could wait for each other.
             ORDER BY 1, 2, 3
             ON CONFLICT (channel, chat_id, thread_id) DO NOTHING`,
      values: [
        ...values,
        chats.map(() => this.ids.next()),
        chats.map(({ chat }) => chat.type),
        chats.map(({ chat }) => chat.title),
        chats.map(({ chat }) => chat.username),
        chats.map(({ chat }) => chat.via),
      ],
    });
    const { rows } = await this.pool.query<{ id: string; position: string }>({
      text: `SELECT c.id, i.position FROM unnest($1::text[], $2::bigint[], $3::bigint[])
               WITH ORDINALITY AS i (channel, chat_id, thread_id, position)
             LEFT JOIN chat_moves m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
             JOIN conversations c ON c.channel = i.channel AND c.chat_id = coalesce(m.to_chat_id, i.chat_id)
               AND c.thread_id = i.thread_id`,
      values,
    });
    const ids = new Map(rows.map((row) => [Number(row.position), row.id]));
    return chats.map((_chat, index) => ids.get(index + 1));
  }

  find(id: string): Promise<Conversation | null> {
    return this.prisma.conversation.findUnique({ where: { id } });
  }

  /**
   * The conversation is blocked, or it is the private chat of somebody who is.
   * @param db the caller's transaction, where there is one: a second connection could be one too many
   */
  async isBlocked(db: Prisma.TransactionClient | null, id: string): Promise<boolean> {
    const [row] = await (db ?? this.prisma).$queryRaw<{ blocked: boolean }[]>`
      SELECT c.status = 'blocked' OR (c.chat_type = 'private' AND coalesce((
        SELECT a.blocked_at IS NOT NULL FROM person_access a WHERE a.channel = c.channel AND a.user_id = c.chat_id
      ), false)) AS blocked
      FROM conversations c WHERE c.id = ${id}::uuid`;
    return row?.blocked ?? false;
  }

  /**
   * Since when nothing can be sent there, as the database writes it; null where it can, or where a person has written since
   * and so is there again: then the mark is cleared. The mark tells when the refused send began.
   */
  async unreachableSince(tx: Prisma.TransactionClient, id: string): Promise<string | null> {
    await tx.$executeRaw`
      UPDATE conversations c SET unreachable_at = NULL
      WHERE id = ${id}::uuid AND unreachable_at IS NOT NULL AND EXISTS (
        SELECT FROM events e WHERE e.conversation_id = c.id AND e.state = 'waiting' AND e.kind = 'message'
          AND e.source = c.channel AND e.received_at > c.unreachable_at
        UNION ALL
        -- A turn may have taken it before the mark was set.
        SELECT FROM turns t JOIN events e ON e.turn_id = t.id
        WHERE t.conversation_id = c.id AND t.state IN ('waiting', 'running')
          AND e.source = c.channel AND e.received_at > c.unreachable_at)`;
    const [row] = await tx.$queryRaw<{ since: string | null }[]>`
      SELECT unreachable_at::text AS since FROM conversations WHERE id = ${id}::uuid`;
    return row?.since ?? null;
  }

  /** The current epoch. */
  async epoch(tx: Prisma.TransactionClient, id: string): Promise<number> {
    const { epoch } = await tx.conversation.findUniqueOrThrow({ where: { id }, select: { epoch: true } });
    return epoch;
  }

  /** What becomes of messages that come while a turn runs; null: as AGENT_BUSY_MODE says. */
  async busyMode(tx: Prisma.TransactionClient, id: string): Promise<BusyMode | null> {
    const conversation = await tx.conversation.findUnique({ where: { id }, select: { busyMode: true } });
    return conversation?.busyMode ?? null;
  }

  async setBusyMode(tx: Prisma.TransactionClient, id: string, busyMode: BusyMode): Promise<void> {
    await tx.conversation.update({ where: { id }, data: { busyMode }, select: { id: true } });
  }

  /** Begins a new epoch with this event: what was said before stays recorded, the model no longer sees it. */
  async reset(tx: Prisma.TransactionClient, id: string, eventId: bigint): Promise<void> {
    const { epoch } = await tx.conversation.update({
      where: { id },
      data: { epoch: { increment: 1 }, epochSince: eventId },
      select: { epoch: true },
    });
    await tx.reset.create({ data: { conversationId: id, eventId, epoch } });
  }

  /** The epoch that an event belongs to, by the resets that are handled: it may have waited behind several. */
  async epochOf(tx: Prisma.TransactionClient, id: string, eventId: bigint): Promise<EpochOfEvent> {
    const { epoch, epochSince } = await tx.conversation.findUniqueOrThrow({ where: { id } });
    if (eventId > epochSince) return { epoch, until: null };
    const next = await tx.reset.findFirst({
      where: { conversationId: id, eventId: { gt: eventId } },
      orderBy: { eventId: 'asc' },
    });
    // A reset that the version before this one handled left no row: the conversation knows the last of those.
    return next ? { epoch: next.epoch - 1, until: next.eventId } : { epoch: epoch - 1, until: epochSince };
  }

  /**
   * Nothing can be sent to the chat, in all of its topics, or it can again (null).
   * @param since by the channel's clock: what was written after it shows that somebody is there
   */
  async markUnreachable(tx: Prisma.TransactionClient, id: string, since: Date | null): Promise<void> {
    await tx.$executeRaw`
      UPDATE conversations c SET unreachable_at =
        CASE WHEN ${since}::timestamptz IS NULL THEN NULL ELSE least(${since}::timestamptz, clock_timestamp()) END
      FROM conversations known
      WHERE known.id = ${id}::uuid AND c.channel = known.channel AND c.chat_id = known.chat_id`;
  }

  /** In the caller's transaction. */
  async setVia(tx: Prisma.TransactionClient, id: string, via: string): Promise<Conversation> {
    return await tx.conversation.update({ where: { id }, data: { via } });
  }

  /** True for the first caller since the chat was last told; the mark and what tells it commit together. */
  async markRefusalTold(tx: Prisma.TransactionClient, id: string): Promise<boolean> {
    const { count } = await tx.conversation.updateMany({
      where: { id, refusalToldAt: null },
      data: { refusalToldAt: new Date() },
    });
    return count === 1;
  }

  /** Like `markRefusalTold`, for dropped messages; cleared when the backlog is worked off. */
  async markOverflowTold(tx: Prisma.TransactionClient, id: string): Promise<boolean> {
    const { count } = await tx.conversation.updateMany({
      where: { id, overflowToldAt: null },
      data: { overflowToldAt: new Date() },
    });
    return count === 1;
  }
}
