import { randomUUID } from 'node:crypto';
import { DatabasePool } from '../../src/platform/database/database-pool.js';
import { Database } from '../../src/platform/database/database.js';
import { PrismaService } from '../../src/platform/database/prisma.service.js';
import { ConversationRepository } from '../../src/memory/conversation.repository.js';
import type { Conversation, Lane, Prisma } from '../../src/generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../src/queue/lease/lease.repository.js';
import { LeaseHolder } from '../../src/queue/lease/lease-holder.js';
import { Ids } from '../../src/platform/runtime/ids.js';
import { startTestDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { newChatId, textUpdate, type TelegramUpdate } from './updates.js';

/** A migrated database of the suite's own, with the usual dependencies, for services built with `new`. */
export class Room {
  readonly ids = new Ids();
  readonly leases: LeaseRepository;
  readonly holder: LeaseHolder;
  readonly conversations: ConversationRepository;

  private constructor(
    private readonly database: TestDatabase,
    readonly pool: DatabasePool,
    readonly prisma: PrismaService,
  ) {
    this.leases = new LeaseRepository(prisma);
    this.holder = new LeaseHolder(this.leases);
    this.conversations = new ConversationRepository(prisma, pool, this.ids);
  }

  static async open({ poolSize = 10 } = {}): Promise<Room> {
    const database = await startTestDatabase();
    const pool = new DatabasePool(new Database(database.url), { poolSize });
    return new Room(database, pool, new PrismaService(pool));
  }

  get url(): string {
    return this.database.url;
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
    await this.database.stop();
  }

  /** A private chat that nobody has used yet. */
  conversation(change: Partial<Prisma.ConversationUncheckedCreateInput> = {}): Promise<Conversation> {
    return this.prisma.conversation.create({
      data: {
        id: randomUUID(),
        channel: 'telegram',
        chatId: String(newChatId()),
        chatType: 'private',
        ...change,
      },
    });
  }

  /** An update of the conversation's chat, waiting in the inbox. */
  async event(
    { id, chatId }: Pick<Conversation, 'id' | 'chatId'>,
    text: string,
    change: Partial<Prisma.EventUncheckedCreateInput> = {},
    update: Pick<TelegramUpdate, 'update_id'> = textUpdate(Number(chatId), text),
  ): Promise<bigint> {
    const kind = text.startsWith('/') ? 'command' : 'message';
    if (Object.keys(change).length === 0) {
      // Prisma would cut the present to milliseconds: it may then lie before a turn that began in the same one.
      const [row] = await this.rows<{ id: string }>(
        `INSERT INTO events (source, external_id, conversation_id, kind, payload)
         VALUES ('telegram', $1, $2, $3, $4) RETURNING id`,
        [String(update.update_id), id, kind, JSON.stringify(update)],
      );
      return BigInt(row?.id ?? 0);
    }
    const event = await this.prisma.event.create({
      data: {
        source: 'telegram',
        externalId: String(update.update_id),
        conversationId: id,
        kind,
        payload: JSON.parse(JSON.stringify(update)),
        ...change,
      },
    });
    return event.id;
  }

  /** @throws if another holder has it */
  async lease(conversationId: string, lane: Lane = 'turns'): Promise<Lease> {
    const lease = await this.leases.acquire(conversationId, lane);
    if (!lease) throw new Error('the lease is taken');
    return lease;
  }

  /** As passing time does: the lease of the conversation has expired. */
  async expire(conversationId: string): Promise<void> {
    await this.pool.query(
      `UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms' WHERE conversation_id = $1`,
      [conversationId],
    );
  }

  /** Another worker takes over from a holder that was silent for too long. */
  async takeOver(conversationId: string, lane: Lane = 'turns'): Promise<Lease> {
    await this.expire(conversationId);
    return await this.lease(conversationId, lane);
  }

  async rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(sql, values)).rows;
  }

  /** Until some statement waits for a lock that another transaction holds. */
  async somebodyWaitsForALock(): Promise<void> {
    await eventually(async () => {
      const waiting = await this.rows(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (waiting.length === 0) throw new Error('nobody waits for a lock');
    });
  }

  /** Until some statement of the test's own making sleeps. */
  async somebodySleeps(): Promise<void> {
    await eventually(async () => {
      const sleeping = await this.rows(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      if (sleeping.length === 0) throw new Error('nobody sleeps');
    });
  }

  /** Runs `work` while another transaction holds the statement's locks; then it is rolled back. */
  async whileLocked(sql: string, values: unknown[], work: () => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(sql, values);
      await work();
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  /** Cuts every other connection to the database, as a restart of it does. */
  async cutConnections(): Promise<void> {
    await this.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  }
}
