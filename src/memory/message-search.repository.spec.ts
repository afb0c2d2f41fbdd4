import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { DatabasePool } from '../platform/database/database-pool.js';
import { Database } from '../platform/database/database.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { MessageSearchRepository } from './message-search.repository.js';

describe('MessageSearchRepository', () => {
  const conversationId = randomUUID();
  const otherId = randomUUID();
  let database: TestDatabase;
  let pool: DatabasePool;
  let prisma: PrismaService;
  let messages: MessageSearchRepository;

  beforeAll(async () => {
    database = await startTestDatabase();
    pool = new DatabasePool(new Database(database.url), { poolSize: 5 });
    prisma = new PrismaService(pool);
    messages = new MessageSearchRepository(prisma);
    for (const [index, id] of [conversationId, otherId].entries()) {
      const chatId = String(index + 1);
      await prisma.conversation.create({
        data: { id, channel: 'telegram', chatId, chatType: 'private' },
      });
    }
    const said = [
      'The invoice of March is paid',
      'Die Rechnung über 100 % ist da',
      '明日は京都に行きます',
      'Second invoice: please pay',
      'path C:\\temp_dir, it\'s "quoted"',
    ];
    for (const text of said) {
      await prisma.message.create({
        data: { conversationId, epoch: 0, role: 'user', author: 'Ana', text },
      });
    }
    await prisma.message.create({
      data: { conversationId: otherId, epoch: 0, role: 'assistant', text: 'An invoice of somebody else' },
    });
  });
  afterAll(async () => {
    await pool.end();
    await database.stop();
  });

  const search = async (query: string, limit = 10): Promise<string[]> =>
    (await messages.search(conversationId, query, limit)).map(({ text }) => text);

  it('finds whole words in this conversation only, the newest first, letter case aside', async () => {
    expect(await search('INVOICE')).toEqual(['Second invoice: please pay', 'The invoice of March is paid']);
    expect(await search('invoice', 1)).toEqual(['Second invoice: please pay']);
  });

  it('tells who said it and when', async () => {
    const [found] = await messages.search(conversationId, 'march', 10);
    expect(found).toMatchObject({ role: 'user', author: 'Ana', text: 'The invoice of March is paid' });
    expect(found?.createdAt).toBeInstanceOf(Date);
    expect(typeof found?.id).toBe('bigint');
  });

  it('understands phrases, alternatives and words to leave out', async () => {
    expect(await search('"invoice of march"')).toEqual(['The invoice of March is paid']);
    expect(await search('invoice -paid')).toEqual(['Second invoice: please pay']);
    expect(await search('rechnung or paid')).toHaveLength(2);
  });

  it('finds parts of words, and text in scripts without spaces', async () => {
    expect(await search('rechn')).toEqual(['Die Rechnung über 100 % ist da']);
    expect(await search('京都')).toEqual(['明日は京都に行きます']);
  });

  it('finds older matches than the newest messages', async () => {
    const id = randomUUID();
    await prisma.conversation.create({
      data: { id, channel: 'telegram', chatId: '3', chatType: 'private' },
    });
    await prisma.$executeRaw`
      INSERT INTO messages (conversation_id, epoch, role, text)
      SELECT ${id}::uuid, 0, 'user', CASE n WHEN 1 THEN 'an early needle' WHEN 2500 THEN 'a late needle' ELSE 'hay' END
      FROM generate_series(1, 2500) AS n ORDER BY n`;
    const found = await messages.search(id, 'needle', 10);
    expect(found.map(({ text }) => text)).toEqual(['a late needle', 'an early needle']);
  });

  it('takes the special characters of LIKE and of the query language literally', async () => {
    expect(await search('%')).toEqual(['Die Rechnung über 100 % ist da']);
    expect(await search('_')).toEqual(['path C:\\temp_dir, it\'s "quoted"']);
    expect(await search('C:\\temp')).toEqual(['path C:\\temp_dir, it\'s "quoted"']);
    expect(await search('_d_')).toEqual([]);
  });

  it('finds no message for an empty query', async () => {
    expect(await search('  ')).toEqual([]);
  });

  it('survives any query', async () => {
    const unit = fc.constantFrom(...'ab \'"-|&!()<>:*\\%_\n'.split(''));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), async (query) => {
        expect((await search(query)).length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 60 },
    );
  });
});
