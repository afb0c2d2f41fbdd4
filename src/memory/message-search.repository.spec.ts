import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { MessageSearchRepository } from './message-search.repository.js';

describe('MessageSearchRepository', () => {
  const conversationId = randomUUID();
  const otherId = randomUUID();
  let database: TestDatabase;
  let messages: MessageSearchRepository;

  beforeAll(async () => {
    database = await startTestDatabase();
    messages = new MessageSearchRepository(database.prisma);
    for (const [index, id] of [conversationId, otherId].entries()) {
      const chatId = BigInt(index + 1);
      await database.prisma.conversation.create({
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
      await database.prisma.message.create({
        data: { conversationId, epoch: 0, role: 'user', author: 'Ana', text },
      });
    }
    await database.prisma.message.create({
      data: { conversationId: otherId, epoch: 0, role: 'assistant', text: 'An invoice of somebody else' },
    });
  });
  afterAll(() => database.stop());

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

  it('finds parts of words, and text in a script without spaces', async () => {
    expect(await search('rechn')).toEqual(['Die Rechnung über 100 % ist da']);
    expect(await search('京都')).toEqual(['明日は京都に行きます']);
  });

  it('takes the signs of LIKE and of the query language for what they are', async () => {
    expect(await search('%')).toEqual(['Die Rechnung über 100 % ist da']);
    expect(await search('_')).toEqual(['path C:\\temp_dir, it\'s "quoted"']);
    expect(await search('C:\\temp')).toEqual(['path C:\\temp_dir, it\'s "quoted"']);
    expect(await search('_d_')).toEqual([]);
  });

  it('finds nothing for a query of nothing', async () => {
    expect(await search('  ')).toEqual([]);
  });

  it('survives any query', async () => {
    const unit = fc.constantFrom(...'ab \'"-|&!()<>:*\\%_\n');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), async (query) => {
        expect((await search(query)).length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 60 },
    );
  });
});
