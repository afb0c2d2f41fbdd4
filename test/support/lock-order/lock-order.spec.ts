import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Room } from '../room.js';
import { checkRecords } from './check-records.js';
import { describeCrossing, findCrossings, findRepeats, type RecordedTransaction } from './crossings.js';
import { type LockSchema, readLockSchema } from './lock-schema.js';
import { LockRecorder, readRecords } from './recorder.js';
import { locksOf } from './statement-locks.js';

const schema = readLockSchema();

const locksAsText = (sql: string) =>
  locksOf(sql, schema).map(({ table, mode, waits }) => `${table}: ${mode}${waits ? '' : ', passing over'}`);

const transaction = (
  ...statements: (string | readonly [text: string, lane: string])[]
): RecordedTransaction => ({
  seenIn: 'a.spec.ts',
  statements: statements.map((one) =>
    typeof one === 'string' ? { text: one, lane: null } : { text: one[0], lane: one[1] },
  ),
});

const crossings = (...transactions: RecordedTransaction[]) =>
  findCrossings(transactions, schema).map(({ one }) => [one.first.table, one.second.table]);

const lease = 'SELECT token FROM leases WHERE conversation_id = $1 AND lane = $2 FOR UPDATE';
const turn = 'UPDATE turns SET attempts = 1 WHERE id = $1';
const event = "UPDATE events SET state = 'done' WHERE id = $1";

describe('The schema of locks', () => {
  it('has the tables, what refers to what, and what is unique', () => {
    expect(schema.tables.size).toBeGreaterThan(30);
    expect(schema.foreignKeys).toContainEqual({
      child: 'steps',
      columns: ['turn_id'],
      parent: 'turns',
      onDelete: 'cascade',
    });
    expect(schema.foreignKeys).toContainEqual(
      expect.objectContaining({ child: 'events', parent: 'turns', onDelete: 'set null' }),
    );
    expect([...schema.shared]).toEqual(expect.arrayContaining(['people', 'budget_days', 'flood_windows']));
    for (const own of ['conversations', 'leases', 'events', 'turns', 'steps', 'drafts', 'event_failures'])
      expect(schema.shared).not.toContain(own);
    expect([...(schema.keys.get('conversations') ?? [])]).toEqual(['id', 'channel', 'chat_id', 'thread_id']);
  });
});

describe('A statement', () => {
  it.each<[sql: string, locks: readonly string[]]>([
    ['SELECT * FROM turns', []],
    ['SELECT 1 FROM turns WHERE id = $1 FOR UPDATE', ['turns: update']],
    ['SELECT 1 FROM turns t JOIN leases l ON true FOR KEY SHARE OF l', ['leases: key share']],
    [
      'SELECT 1 FROM schedules s JOIN conversations c ON true FOR NO KEY UPDATE OF s, c SKIP LOCKED',
      ['schedules: no key update, passing over', 'conversations: no key update, passing over'],
    ],
    [turn, ['turns: no key update']],
    ['UPDATE "public"."conversations" SET "chat_id" = $1 WHERE ("id" = $2)', ['conversations: update']],
    ['UPDATE events SET turn_id = $1 WHERE id = $2', ['events: no key update', 'turns: key share']],
    ['UPDATE events SET turn_id = NULL WHERE id = $2', ['events: no key update']],
    ['INSERT INTO steps (turn_id, index) VALUES ($1, $2)', ['turns: key share']],
    [
      `INSERT INTO leases (conversation_id, lane) SELECT id, 'turns' FROM conversations
       ON CONFLICT (conversation_id, lane) DO UPDATE SET token = leases.token + 1`,
      ['leases: no key update', 'conversations: key share'],
    ],
    ['INSERT INTO leases (conversation_id) SELECT $1 ON CONFLICT DO NOTHING', ['conversations: key share']],
    [
      `WITH gone AS (DELETE FROM facts WHERE id = $1 RETURNING *) -- UPDATE turns SET x = 1
       UPDATE summaries SET text = 'UPDATE events SET x = 1' FROM gone`,
      ['facts: update', 'summaries: no key update'],
    ],
    ['DELETE FROM messages WHERE id = $1', ['messages: update', 'replies: update', 'operator_keys: update']],
  ])('%s', (sql, locks) => {
    expect(locksAsText(sql).toSorted()).toEqual([...locks].toSorted());
  });
});

describe('Two transactions', () => {
  it('that lock two tables in opposite orders are found, and both are named', () => {
    const found = findCrossings([transaction(turn, event), transaction(event, turn)], schema);
    expect(found).toHaveLength(1);
    const text = found.map(describeCrossing).join('');
    expect(text).toContain(turn);
    expect(text).toContain(event);
    expect(text).toContain('a.spec.ts');
    expect(() => checkRecords([transaction(turn, event), transaction(event, turn)], 2)).toThrow(/Lock order/);
  });

  it('are found by their references', () => {
    const step = 'INSERT INTO steps (turn_id, index) VALUES ($1, $2)';
    const remove = 'DELETE FROM turns WHERE id = $1';
    expect(crossings(transaction(event, step), transaction(remove, event))).toEqual([['events', 'turns']]);
    // Two references to the same row do not wait for each other.
    expect(crossings(transaction(event, step), transaction(step, event))).toEqual([]);
  });

  it('do not cross in one order, nor when one skips locked rows', () => {
    expect(crossings(transaction(turn, event), transaction(turn, event))).toEqual([]);
    const passing = 'SELECT 1 FROM turns WHERE id = $1 FOR UPDATE SKIP LOCKED';
    expect(crossings(transaction(turn, event), transaction(event, passing))).toEqual([]);
  });

  it('take turns behind the lease of one lane, not behind those of two', () => {
    const behind = (lane: string, ...rest: string[]) => transaction([lease, lane], ...rest);
    expect(crossings(behind('turns', turn, event), behind('turns', event, turn))).toEqual([]);
    expect(crossings(behind('turns', turn, event), behind('deliveries', event, turn))).not.toEqual([]);
    expect(crossings(behind('turns', turn, event), transaction(event, turn))).not.toEqual([]);
    expect(crossings(behind('turns', turn), transaction(turn, [lease, 'turns']))).not.toEqual([]);
    const all = 'SELECT token FROM leases WHERE conversation_id = $1 ORDER BY lane FOR UPDATE';
    expect(crossings(behind('turns', turn, event), transaction(all, event, turn))).toEqual([]);
  });
});

describe('Rows that conversations share', () => {
  const day = 'UPDATE budget_days SET spent_tokens = 1 WHERE key = $1';
  const person = 'UPDATE people SET username = $1 WHERE user_id = $2';

  it('are not serialised by the leases of two conversations', () => {
    const behind = (...rest: string[]) => transaction([lease, 'turns'], ...rest);
    expect(crossings(behind(day, person), behind(person, day))).toEqual([['budget_days', 'people']]);
    // The same row of the other table is locked behind the same lease only.
    expect(crossings(behind(day, turn), behind(turn, day))).toEqual([]);
  });

  it('may be locked one after the other only in a declared order', () => {
    const loop = (text: string): RecordedTransaction => {
      return { seenIn: 'a.spec.ts', statements: [{ text, lane: null, again: true }] };
    };
    expect(findRepeats([loop(day), transaction(person), loop(turn)], schema)).toEqual([
      { table: 'budget_days', statement: day, seenIn: 'a.spec.ts' },
    ]);
    expect(findRepeats([loop(day)], schema, [{ statement: /^UPDATE budget/, reason: 'one' }])).toEqual([]);
    expect(() => checkRecords([loop(day)], 2)).toThrow(/row after row of budget_days/);
  });
});

describe('The records of a run', () => {
  it('must not be empty for all files, and may be for a few', () => {
    expect(() => checkRecords([], 500)).toThrow(/recorder/);
    expect(() => checkRecords([], 1)).not.toThrow();
  });

  it('fail the run at its end, even if its tests have passed', async () => {
    const config = join(import.meta.dirname, 'crossing.config.ts');
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const run = (records: string) =>
      promisify(execFile)(process.execPath, [vitest, 'run', '--config', config], {
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CROSSING_RECORDS: records },
      });
    const records = [transaction(turn, event), transaction(event, turn)];
    await expect(run(records.map((one) => JSON.stringify(one)).join('\n'))).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('1 passed'),
      stderr: expect.stringContaining('Lock order'),
    });
    expect((await run(JSON.stringify(records[0]))).stdout).toContain('1 passed');
  }, 180_000);

  it('have the statements of transactions, in order: those that cross are found', async () => {
    const tables: LockSchema = {
      tables: new Set(['crossing_a', 'crossing_b']),
      foreignKeys: [],
      keys: new Map(),
      shared: new Set(['crossing_a', 'crossing_b']),
    };
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-locks-'));
    const room = await Room.open();
    await room.pool.query('CREATE TABLE crossing_a (n int); CREATE TABLE crossing_b (n int)');
    const uninstall = new LockRecorder(folder, () => 'here.spec.ts').install();
    try {
      await room.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`UPDATE crossing_a SET n = 1`;
        await tx.$executeRaw`UPDATE crossing_b SET n = 1`;
      });
      expect(findCrossings(readRecords(folder), tables)).toEqual([]);
      const undone = room.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`UPDATE crossing_b SET n = 1`;
        await tx.$executeRaw`UPDATE crossing_a SET n = 1`;
        throw new Error('rolled back');
      });
      await expect(undone).rejects.toThrow('rolled back');
      expect(findCrossings(readRecords(folder), tables)).toHaveLength(1);
      expect(findRepeats(readRecords(folder), tables)).toEqual([]);
      await room.prisma.$transaction(async (tx) => {
        for (const n of [2, 1]) await tx.$executeRaw`UPDATE crossing_a SET n = ${n} WHERE n = ${n}`;
      });
      expect(findRepeats(readRecords(folder), tables)).toMatchObject([{ table: 'crossing_a' }]);
    } finally {
      uninstall();
      await room.close();
      await rm(folder, { recursive: true });
    }
  });
});
