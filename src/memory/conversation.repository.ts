import { Injectable } from '@nestjs/common';
import { DatabasePool } from '../platform/database/database-pool.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { type BusyMode, type Conversation, Prisma } from '../generated/prisma/client.js';
import { Ids } from '../platform/runtime/ids.js';
import { type ChatOfChannel, ConversationPlacesRepository } from './conversation-places.repository.js';
import { UnconfirmedEventRepository } from './unconfirmed-event.repository.js';

export interface EpochOfEvent {
  readonly epoch: number;
  /** The reset that ends it; null for the current epoch. */
  readonly until: bigint | null;
}

/** The SQL condition that a conversation, or the person of its private chat, is blocked; its table's alias is `c`. */
export const isBlockedConversation = Prisma.sql`(c.status = 'blocked' OR (c.chat_type = 'private' AND coalesce((
  SELECT a.blocked_at IS NOT NULL FROM person_access a WHERE a.channel = c.channel AND a.user_id = c.chat_id
), false)))`;

@Injectable()
export class ConversationRepository {
  /** The look-ups of the inbox. */
  readonly places: ConversationPlacesRepository;
  readonly unconfirmed: UnconfirmedEventRepository;

  constructor(
    private readonly prisma: PrismaService,
    pool: DatabasePool,
    ids: Ids,
  ) {
    this.places = new ConversationPlacesRepository(pool, ids);
    this.unconfirmed = new UnconfirmedEventRepository(pool);
  }

  /**
   * The ids of these chats' conversations, in the given order; makes missing ones. A migrated chat counts as its
   * present one. Undefined for one that another transaction makes, migrates or erases at this moment.
   */
  async resolve(chats: readonly ChatOfChannel[]): Promise<readonly (string | undefined)[]> {
    const { ids } = await this.places.find(chats);
    const missing = chats.filter((_chat, index) => ids[index] === undefined);
    if (missing.length === 0) return ids;
    await this.places.make(missing);
    return (await this.places.find(chats)).ids;
  }

  /** Null for one that is being erased too. */
  find(id: string): Promise<Conversation | null> {
    return this.prisma.conversation.findUnique({ where: { id, erasedAt: null } });
  }

  /**
   * Locks these against erasure and chat migration until the transaction ends. Call it before locking any of their
   * rows.
   */
  async keep(tx: Prisma.TransactionClient, ids: readonly string[]): Promise<void> {
    await tx.$queryRaw`
      SELECT 1 FROM conversations WHERE id = ANY (${[...ids]}::uuid[]) ORDER BY id FOR KEY SHARE`;
  }

  /**
   * Whether the conversation, or the person of its private chat, is blocked.
   * @param db the caller's transaction, if there is one: a second connection could be one too many
   */
  async isBlocked(db: Prisma.TransactionClient | null, id: string): Promise<boolean> {
    const [row] = await (db ?? this.prisma).$queryRaw<{ blocked: boolean }[]>`
      SELECT ${isBlockedConversation} AS blocked FROM conversations c WHERE c.id = ${id}::uuid`;
    return row?.blocked ?? false;
  }

  /**
   * The time since which sends to the chat are refused, as the database writes it; null if they are not, or if a person
   * has written since: then the mark is cleared. The mark records when the refused send began. A mark in the future
   * dates from before the clock was set back, and is older than every later message.
   */
  async unreachableSince(tx: Prisma.TransactionClient, id: string): Promise<string | null> {
    await tx.$executeRaw`
      UPDATE conversations c SET unreachable_at = NULL
      WHERE id = ${id}::uuid AND unreachable_at IS NOT NULL AND EXISTS (
        SELECT FROM (
          SELECT source, received_at FROM events
          WHERE conversation_id = c.id AND state = 'waiting' AND kind = 'message'
          UNION ALL
          -- A turn may have taken it before the mark was set.
          SELECT e.source, e.received_at FROM turns t JOIN events e ON e.turn_id = t.id
          WHERE t.conversation_id = c.id AND t.state IN ('waiting', 'running')) written
        WHERE source = c.channel
          AND (received_at > c.unreachable_at OR c.unreachable_at > clock_timestamp()))`;
    const [row] = await tx.$queryRaw<{ since: string | null }[]>`
      SELECT unreachable_at::text AS since FROM conversations WHERE id = ${id}::uuid`;
    return row?.since ?? null;
  }

  /** The current epoch. */
  async epoch(tx: Prisma.TransactionClient, id: string): Promise<number> {
    const { epoch } = await tx.conversation.findUniqueOrThrow({ where: { id }, select: { epoch: true } });
    return epoch;
  }

  /** How messages that come while a turn runs are handled; null: by AGENT_BUSY_MODE. */
  async busyMode(tx: Prisma.TransactionClient, id: string): Promise<BusyMode | null> {
    const conversation = await tx.conversation.findUnique({ where: { id }, select: { busyMode: true } });
    return conversation?.busyMode ?? null;
  }

  async setBusyMode(tx: Prisma.TransactionClient, id: string, busyMode: BusyMode): Promise<void> {
    await tx.conversation.update({ where: { id }, data: { busyMode }, select: { id: true } });
  }

  /** Begins a new epoch with this event: earlier messages stay on record, but the model no longer sees them. */
  async reset(tx: Prisma.TransactionClient, id: string, eventId: bigint): Promise<void> {
    const { epoch } = await tx.conversation.update({
      where: { id },
      data: { epoch: { increment: 1 }, epochSince: eventId },
      select: { epoch: true },
    });
    await tx.reset.create({ data: { conversationId: id, eventId, epoch } });
  }

  /** The epoch of an event, by the resets handled so far: it may have waited behind several. */
  async epochOf(tx: Prisma.TransactionClient, id: string, eventId: bigint): Promise<EpochOfEvent> {
    const { epoch, epochSince } = await tx.conversation.findUniqueOrThrow({ where: { id } });
    if (eventId > epochSince) return { epoch, until: null };
    const next = await tx.reset.findFirst({
      where: { conversationId: id, eventId: { gt: eventId } },
      orderBy: { eventId: 'asc' },
    });
    // A reset handled by the previous version left no row: the conversation knows the last of those.
    return next ? { epoch: next.epoch - 1, until: next.eventId } : { epoch: epoch - 1, until: epochSince };
  }

  /**
   * Marks that sends to the chat, in all of its topics, are refused, or are not any more (null).
   * @param since by the channel's clock: a later message shows that the chat is reachable
   */
  async markUnreachable(tx: Prisma.TransactionClient, id: string, since: Date | null): Promise<void> {
    await tx.$executeRaw`
      UPDATE conversations SET unreachable_at =
        CASE WHEN ${since}::timestamptz IS NULL THEN NULL ELSE least(${since}::timestamptz, clock_timestamp()) END
      -- In one order: several topics may tell it at once.
      WHERE id = ANY (ARRAY(
        SELECT c.id FROM conversations known
        JOIN conversations c ON c.channel = known.channel AND c.chat_id = known.chat_id
        WHERE known.id = ${id}::uuid ORDER BY c.id FOR NO KEY UPDATE OF c))`;
  }

  /** In the caller's transaction. */
  async setVia(tx: Prisma.TransactionClient, id: string, via: string): Promise<Conversation> {
    return await tx.conversation.update({ where: { id }, data: { via } });
  }

  /** True for the first caller since the chat was last notified; the mark and the notice commit together. */
  async markRefusalNotified(tx: Prisma.TransactionClient, id: string): Promise<boolean> {
    const { count } = await tx.conversation.updateMany({
      where: { id, refusalNotifiedAt: null },
      data: { refusalNotifiedAt: new Date() },
    });
    return count === 1;
  }

  /** Like `markRefusalNotified`, for dropped messages; cleared when the backlog is worked off. */
  async markOverflowNotified(tx: Prisma.TransactionClient, id: string): Promise<boolean> {
    const { count } = await tx.conversation.updateMany({
      where: { id, overflowNotifiedAt: null },
      data: { overflowNotifiedAt: new Date() },
    });
    return count === 1;
  }
}
