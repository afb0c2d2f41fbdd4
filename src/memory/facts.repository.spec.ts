import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { DatabasePool } from '../platform/database/database-pool.js';
import { Database } from '../platform/database/database.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { FactsRepository, MAX_FACT_CHARS, MAX_FACTS } from './facts.repository.js';

describe('FactsRepository', () => {
  let database: TestDatabase;
  let pool: DatabasePool;
  let prisma: PrismaService;
  let facts: FactsRepository;
  let conversationId: string;
  let chats = 0;

  beforeAll(async () => {
    database = await startTestDatabase();
    pool = new DatabasePool(new Database(database.url), { poolSize: 8 });
    prisma = new PrismaService(pool);
    facts = new FactsRepository(prisma);
  });
  afterAll(async () => {
    await pool.end();
    await database.stop();
  });

  const newConversation = async (): Promise<string> => {
    const id = randomUUID();
    chats += 1;
    await prisma.conversation.create({
      data: { id, channel: 'telegram', chatId: String(chats), chatType: 'private' },
    });
    return id;
  };
  const texts = async (id: string): Promise<string[]> => (await facts.list(id)).map(({ text }) => text);

  beforeEach(async () => {
    conversationId = await newConversation();
  });

  it('keeps facts in the order of their arrival, each conversation its own', async () => {
    const other = await newConversation();
    await facts.add(conversationId, 'Likes tea');
    await facts.add(other, 'Likes coffee');
    await facts.add(conversationId, 'Lives in Köln 😀');
    expect(await texts(conversationId)).toEqual(['Likes tea', 'Lives in Köln 😀']);
    expect(await texts(other)).toEqual(['Likes coffee']);
  });

  it('keeps a fact once, however many callers add it at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => facts.add(conversationId, 'Likes tea')),
    );
    expect(outcomes.toSorted()).toEqual(['added', ...Array.from({ length: 7 }, () => 'known')]);
    expect(await texts(conversationId)).toEqual(['Likes tea']);
  });

  it('keeps no more than the limit, however many arrive at once', async () => {
    const data = Array.from({ length: MAX_FACTS - 2 }, (_, i) => ({ conversationId, text: `fact ${i}` }));
    await prisma.fact.createMany({ data });
    // None can be written before all of them are under way.
    const writer = await pool.connect();
    await writer.query('BEGIN');
    await writer.query('LOCK TABLE facts IN SHARE MODE');
    const adding = Promise.all(['a', 'b', 'c', 'd'].map((text) => facts.add(conversationId, text)));
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rows).toHaveLength(4);
    });
    await writer.query('COMMIT');
    writer.release();
    const outcomes = await adding;
    expect(outcomes.toSorted()).toEqual(['added', 'added', 'full', 'full']);
    expect(await texts(conversationId)).toHaveLength(MAX_FACTS);
    expect(await facts.add(conversationId, 'fact 0')).toBe('known');
  });

  it('keeps the longest fact in the widest script', async () => {
    expect(await facts.add(conversationId, '界'.repeat(MAX_FACT_CHARS))).toBe('added');
  });

  it('removes a fact of this conversation only, and says whether it was there', async () => {
    const other = await newConversation();
    await facts.add(conversationId, 'Likes tea');
    await facts.add(other, 'Likes tea');
    expect(await facts.remove(conversationId, 'Likes tea')).toBe(true);
    expect(await facts.remove(conversationId, 'Likes tea')).toBe(false);
    expect(await texts(other)).toEqual(['Likes tea']);
  });
});
