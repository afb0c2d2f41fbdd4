import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserId } from '../../src/channel/ids.js';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { toolContext } from '../../test/support/tool-context.js';
import { ToolRunner } from '../../src/agent/tools/tool-runner.js';
import { AppModule } from '../../src/app.module.js';
import { loadSettings } from '../../src/settings/settings.js';
import { readMigrations } from '../../src/platform/database/migration-folder.js';
import { Migrator } from '../../src/platform/database/migrator.js';
import { LoanRepository } from './loan.repository.js';
import { LoansModule } from './loans.module.js';

const [ANA, BEN] = [UserId('101'), UserId('102')];

describe('The loans module', () => {
  let database: TestDatabase;
  let app: TestingModule;
  let loans: LoanRepository;

  /** A call as the model makes it, through the tool registry of the whole program. */
  const call = (userId: UserId, name: string, fields: object, idempotencyKey: string = crypto.randomUUID()) =>
    app.get(ToolRunner, { strict: false }).run(
      { id: 'call_1', name, arguments: JSON.stringify(fields) },
      toolContext({
        sender: {
          userId,
          isChat: false,
          firstName: 'Ana',
          lastName: null,
          username: null,
          languageCode: null,
        },
        idempotencyKey,
      }),
      new AbortController().signal,
    );

  beforeAll(async () => {
    database = await startTestDatabase();
    // Only while it is no part of prisma/migrations.
    await new Migrator(database.url, () => readMigrations('examples/loans/migrations')).apply();
    vi.stubEnv('LOANS_MAX_RENEWALS', '3');
    const settings = loadSettings({ DATABASE_URL: database.url });
    app = await Test.createTestingModule({
      imports: [AppModule.forIsolatedRun(settings), LoansModule],
    }).compile();
    await app.init();
    loans = app.get(LoanRepository, { strict: false });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await app.close();
    await database.stop();
  });

  it('tells readers what they have borrowed, and nothing of others', async () => {
    const first = await loans.add(ANA, 'Emma', '2026-12-01');
    const second = await loans.add(ANA, 'Dracula', '2026-11-30');
    await loans.add(BEN, 'Ulysses', '2026-12-01');
    expect(await call(ANA, 'my_loans', {})).toEqual({
      output: `${second}: Dracula, due on 2026-11-30\n${first}: Emma, due on 2026-12-01`,
      error: null,
    });
    expect((await call(UserId('103'), 'my_loans', {})).output).toBe('The user has borrowed nothing.');
  });

  it('renews a loan once for one call, though the call is made again', async () => {
    const loan = await loans.add(ANA, 'Walden', '2026-12-01');
    const renew = (key: string) => call(ANA, 'renew_loan', { loan }, key);
    const renewed = { output: 'Walden is due on 2026-12-15 now.', error: null };
    expect(await Promise.all([renew('one'), renew('one')])).toEqual([renewed, renewed]);
    const again = { output: 'Walden is due on 2026-12-29 now.', error: null };
    expect([await renew('other'), await renew('one'), await renew('other')]).toEqual([again, again, again]);
  });

  it('renews no loan more often than the setting allows', async () => {
    const loan = await loans.add(ANA, 'Middlemarch', '2026-12-01');
    for (const dueOn of ['2026-12-15', '2026-12-29', '2027-01-12']) {
      expect((await call(ANA, 'renew_loan', { loan })).output).toContain(dueOn);
    }
    expect(await call(ANA, 'renew_loan', { loan })).toEqual({
      output: 'Middlemarch cannot be renewed more than 3 times; it is due on 2027-01-12.',
      error: 'LOAN_RENEWED_TOO_OFTEN',
    });
  });

  it('renews nothing for a reader who has not borrowed it', async () => {
    const loan = await loans.add(ANA, 'Persuasion', '2026-12-01');
    expect(await call(BEN, 'renew_loan', { loan })).toMatchObject({ error: 'LOAN_UNKNOWN' });
    expect(await loans.findByReader(ANA)).toContainEqual({
      id: loan,
      title: 'Persuasion',
      dueOn: '2026-12-01',
    });
  });
});
