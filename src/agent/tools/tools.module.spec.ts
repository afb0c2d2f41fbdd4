import { randomUUID } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { GroupSettings } from '../../memory/group.settings.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { Database } from '../../platform/database/database.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { MAX_FACTS } from '../../memory/facts.repository.js';
import { RuntimeModule } from '../../platform/runtime/runtime.module.js';
import { ToolRegistry } from './tool-registry.js';
import { ToolRunner } from './tool-runner.js';
import { BuiltInToolsModule } from './built-in/built-in-tools.module.js';
import { ToolsModule } from './tools.module.js';
import { toolContext } from '../../../test/support/tool-context.js';
import { noSecrets } from '../../../test/support/error-texts.js';
import { Redactor } from '../../platform/errors/redactor.js';

describe('The built-in tools, with a database,', () => {
  let database: TestDatabase;
  let pool: DatabasePool;
  let prisma: PrismaService;
  let runner: ToolRunner;
  let registry: ToolRegistry;
  let conversationId: string;
  let chats = 0;

  const run = (name: string, fields: object) =>
    runner.run(
      { id: 'call_1', name, arguments: JSON.stringify(fields) },
      toolContext({ conversationId }),
      new AbortController().signal,
    );

  beforeAll(async () => {
    database = await startTestDatabase();
    pool = new DatabasePool(new Database(database.url), { poolSize: 5 });
    prisma = new PrismaService(pool);
    const testModule: DynamicModule = {
      module: class TestDatabaseModule {},
      global: true,
      providers: [
        { provide: DatabasePool, useValue: pool },
        { provide: PrismaService, useValue: prisma },
        DatabaseClock,
        GroupSettings,
        { provide: Redactor, useValue: noSecrets },
      ],
      exports: [DatabasePool, PrismaService, DatabaseClock, GroupSettings, Redactor],
    };
    const module = await Test.createTestingModule({
      imports: [testModule, RuntimeModule, ToolsModule, BuiltInToolsModule],
    }).compile();
    await module.init();
    runner = module.get(ToolRunner);
    registry = module.get(ToolRegistry);
  });
  afterAll(async () => {
    await pool.end();
    await database.stop();
  });

  beforeEach(async () => {
    conversationId = randomUUID();
    chats += 1;
    await prisma.conversation.create({
      data: { id: conversationId, channel: 'telegram', chatId: String(chats), chatType: 'private' },
    });
  });

  it('are these, each with a description of itself and all its parameters', () => {
    expect(registry.names()).toEqual([
      'calculate',
      'current_time',
      'fetch_url',
      'forget',
      'recall',
      'remember',
      'remind_me',
      'schedule',
      'search_history',
      'stay_silent',
    ]);
    for (const { function: tool } of registry.definitions()) {
      expect(tool.description).not.toBe('');
      for (const property of Object.values(Object(tool.parameters?.['properties']))) {
        expect(property).toMatchObject({ type: 'string', description: expect.stringMatching(/./) });
      }
    }
    expect(registry.find('calculate')?.schema).toMatchObject({ required: ['expression'] });
    expect(registry.find('recall')?.schema).not.toHaveProperty('required');
  });

  it('remember, recall and forget one fact', async () => {
    expect(await run('recall', {})).toEqual({ output: 'Nothing is remembered yet.', error: null });
    expect(await run('remember', { fact: '  Likes\n green   tea ' })).toEqual({
      output: 'Remembered: Likes green tea',
      error: null,
    });
    expect(await run('remember', { fact: 'Likes green tea' })).toEqual({
      output: 'Already remembered: Likes green tea',
      error: null,
    });
    expect(await run('recall', {})).toEqual({ output: '- Likes green tea', error: null });
    expect(await run('forget', { fact: 'GREEN TEA' })).toEqual({
      output: 'Forgotten: Likes green tea',
      error: null,
    });
    expect((await run('recall', {})).output).toBe('Nothing is remembered yet.');
  });

  it('recall the facts about a query, or all without a query', async () => {
    await run('remember', { fact: 'Likes tea' });
    await run('remember', { fact: 'Lives in Köln' });
    expect((await run('recall', { query: 'tea?' })).output).toBe('- Likes tea');
    expect((await run('recall', { query: null })).output).toBe('- Likes tea\n- Lives in Köln');
    expect((await run('recall', { query: 'car' })).output).toMatch(
      /No remembered fact .*\n- Likes tea\n- Lives/,
    );
  });

  it('forget no fact that is ambiguous', async () => {
    await run('remember', { fact: 'Likes tea' });
    await run('remember', { fact: 'Likes coffee' });
    expect(await run('forget', { fact: 'likes' })).toEqual({
      output: expect.stringContaining('- Likes tea\n- Likes coffee'),
      error: 'FACT_AMBIGUOUS',
    });
    expect(await run('forget', { fact: 'milk' })).toMatchObject({ error: 'FACT_UNKNOWN' });
    expect((await run('recall', {})).output).toBe('- Likes tea\n- Likes coffee');
  });

  it('remember no empty, overlong or surplus fact', async () => {
    expect(await run('remember', { fact: ' \n ' })).toMatchObject({ error: 'TOOL_ARGUMENTS_INVALID' });
    expect(await run('remember', { fact: 'x'.repeat(501) })).toMatchObject({
      output: expect.stringContaining('fact must be shorter than or equal to 500 characters'),
      error: 'TOOL_ARGUMENTS_INVALID',
    });
    const data = Array.from({ length: MAX_FACTS }, (_, i) => ({ conversationId, text: `fact ${i}` }));
    await prisma.fact.createMany({ data });
    expect(await run('remember', { fact: 'one more' })).toMatchObject({
      output: expect.stringContaining('200 facts are kept already'),
      error: 'FACTS_FULL',
    });
  });

  it('search the history, each match with its date, its author and an excerpt', async () => {
    const createdAt = new Date('2026-03-01T10:00:00Z');
    const text = `${'Long before. '.repeat(100)}The invoice is paid. ${'Long after. '.repeat(100)}`;
    const data = { conversationId, epoch: 0, role: 'user' as const, author: 'Ana', text, createdAt };
    await prisma.message.create({ data });
    const { output, error } = await run('search_history', { query: 'invoice' });
    expect(error).toBeNull();
    expect(output).toMatch(/^2026-03-01T10:00:00\.000Z user Ana: ….*The invoice is paid\..*…$/);
    expect(output.length).toBeLessThan(400);
    expect(await run('search_history', { query: 'receipt' })).toEqual({
      output: 'No earlier message matches "receipt". Try fewer or other words.',
      error: null,
    });
  });
});
