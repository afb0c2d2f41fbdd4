import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { DatabaseSettings } from './database.settings.js';
import { loadSettings } from '../../settings/settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { RuntimeModule } from '../runtime/runtime.module.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { DatabaseHealth } from './database-health.js';
import { DatabasePool } from './database-pool.js';
import { DatabaseModule } from './database.module.js';
import { Database } from './database.js';
import { PrismaService } from './prisma.service.js';

let folder: string;
let app: TestingModule;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-module-'));
});

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** Uses the database at the earliest and the latest moment that Nest has. */
class EagerUser implements OnModuleInit, OnApplicationShutdown {
  static readonly seen: number[] = [];

  constructor(private readonly prisma: PrismaService) {}

  async onModuleInit(): Promise<void> {
    EagerUser.seen.push(await this.prisma.conversation.count());
  }

  async onApplicationShutdown(): Promise<void> {
    if (EagerUser.seen.length > 1) return; // The test's own clean-up closes it again.
    EagerUser.seen.push(await this.prisma.conversation.count());
  }
}

@Module({
  providers: [
    {
      provide: EagerUser,
      useFactory: (prisma: PrismaService) => new EagerUser(prisma),
      inject: [PrismaService],
    },
  ],
})
class UserModule {}

async function startApp(): Promise<void> {
  const settings = loadSettings({ DATA_DIR: folder });
  app = await Test.createTestingModule({
    imports: [
      DatabaseModule,
      ObservabilityModule,
      RuntimeModule,
      SettingsModule.forRoot(settings),
      UserModule,
    ],
  }).compile();
  await app.init();
}

describe('DatabaseModule', () => {
  it('is ready before the first hook of others and gone after their last, with nothing set', async () => {
    await startApp();
    expect(app.get(DatabaseSettings).url).toBeUndefined();
    const { url } = app.get(Database);
    await app.close();
    expect(EagerUser.seen).toEqual([0, 0]);
    const client = new Client({ connectionString: url });
    await expect(client.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('goes on after all its connections were cut, the lent ones too', async () => {
    await startApp();
    const pool = app.get(DatabasePool);
    const prisma = app.get(PrismaService);
    const lent = await pool.connect();
    await prisma.conversation.count();
    const cutter = new Client({ connectionString: app.get(Database).url });
    await cutter.connect();
    await cutter.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
    );
    await cutter.end();
    await eventually(() => expect(pool.idleCount).toBe(0));
    expect(await prisma.conversation.count()).toBe(0);
    await expect(lent.query('SELECT 1')).rejects.toThrow();
    lent.release(true);
  });

  it('goes on after its server was stopped and started', async () => {
    await startApp();
    const prisma = app.get(PrismaService);
    const health = app.get(DatabaseHealth);
    await health.check();
    const { rows } = await app
      .get(DatabasePool)
      .query<{ pid: string }>(`SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`);
    process.kill(Number(rows[0]?.pid), 'SIGINT');
    await vi.waitFor(() => expect(health.check()).rejects.toThrow(), { timeout: 10_000, interval: 5 });
    await eventually(() => health.check());
    await eventually(async () => expect(await prisma.conversation.count()).toBe(0));
  });
});
