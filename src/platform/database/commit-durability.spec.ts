import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import {
  type CommitDurability,
  durabilityRisks,
  readCommitDurability,
  DurabilityNotice,
} from './commit-durability.js';
import { DatabasePool } from './database-pool.js';
import { Database } from './database.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

const alone: CommitDurability = {
  synchronousCommit: 'on',
  synchronousStandbyNames: '',
  inRecovery: false,
  standbys: 0,
  asynchronous: 0,
};
const codesOf = (change: Partial<CommitDurability>) =>
  durabilityRisks({ ...alone, ...change }).map(({ code }) => code);

describe('The faults that can lose an acknowledged commit', () => {
  it.each<[string, Partial<CommitDurability>, string[]]>([
    ['a server of its own', {}, []],
    ['with no standby to wait for, whatever it would wait for', { synchronousCommit: 'local' }, []],
    ['that does not wait for its disk', { synchronousCommit: 'off' }, ['COMMITS_NOT_FLUSHED']],
    ['a standby that nobody waits for', { standbys: 1, asynchronous: 1 }, ['STANDBYS_NOT_WAITED_FOR']],
    ['the same, seen without pg_monitor', { standbys: 1 }, ['STANDBYS_NOT_WAITED_FOR']],
    ['a standby that is waited for', { standbys: 1, synchronousStandbyNames: '*' }, []],
    [
      'one that is, and one that is not',
      { standbys: 2, asynchronous: 1, synchronousStandbyNames: 'one' },
      ['STANDBYS_NOT_WAITED_FOR'],
    ],
    [
      'a standby that would be, if commits did',
      { standbys: 1, synchronousStandbyNames: '*', synchronousCommit: 'local' },
      ['STANDBYS_NOT_WAITED_FOR'],
    ],
    [
      'neither disk nor standby',
      { standbys: 1, synchronousCommit: 'off' },
      ['COMMITS_NOT_FLUSHED', 'STANDBYS_NOT_WAITED_FOR'],
    ],
    [
      'waited for until its disk has it, or only its system',
      { standbys: 1, synchronousStandbyNames: '*', synchronousCommit: 'remote_write' },
      [],
    ],
    ['a standby itself', { inRecovery: true }, ['DATABASE_IN_RECOVERY']],
  ])('are %s', (_, change, codes) => expect(codesOf(change)).toEqual(codes));
});

describe('of a real PostgreSQL', () => {
  let folder: string;
  let server: EmbeddedPostgres;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-durability-'));
    server = new EmbeddedPostgres(folder, { wal_level: 'replica', max_wal_senders: '4' });
    url = await server.start();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The codes of a start's warnings. */
  async function warnings(options = ''): Promise<unknown[]> {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const own = new URL(url);
    if (options !== '') own.searchParams.set('options', options);
    const pool = new DatabasePool(new Database(own.href), { poolSize: 1 });
    await new DurabilityNotice(pool).tell();
    await pool.end();
    return warn.mock.calls.map(([line]) => Reflect.get(Object(line), 'code'));
  }

  it('are named at a start with commits that do not wait, and none on an ordinary server', async () => {
    expect(await warnings()).toEqual([]);
    expect(await warnings('-c synchronous_commit=off')).toEqual(['COMMITS_NOT_FLUSHED']);
  });

  it('are named at a start with a standby that no commit waits for', async () => {
    const follower = new URL(url);
    follower.searchParams.set('replication', 'true');
    const standby = new Client({ connectionString: follower.href });
    standby.on('error', () => undefined);
    await standby.connect();
    // It never ends by itself.
    void standby.query('START_REPLICATION PHYSICAL 0/1000000').catch(() => undefined);
    const admin = new Client({ connectionString: url });
    await admin.connect();
    try {
      await eventually(async () => expect((await readCommitDurability(admin)).standbys).toBe(1));
      expect(await readCommitDurability(admin)).toMatchObject({ asynchronous: 1, synchronousCommit: 'on' });
      expect(await warnings()).toEqual(['STANDBYS_NOT_WAITED_FOR']);
    } finally {
      await admin.end();
      await standby.end().catch(() => undefined);
    }
  });
});
