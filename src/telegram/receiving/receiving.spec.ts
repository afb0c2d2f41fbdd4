import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { startTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { UpdateSink } from '../../channel/update-sink.js';
import { AccessSettings } from '../../channel/access.settings.js';
import { type Role, ServerSettings } from '../../platform/http/server.settings.js';
import { type TelegramMode, TelegramSettings } from '../settings/telegram.settings.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { Database } from '../../platform/database/database.js';
import { Metrics } from '../../platform/observability/metrics.js';
import { Clock } from '../../platform/runtime/clock.js';
import { Random } from '../../platform/runtime/random.js';
import { menus } from '../bot-api/command-menu.js';
import { Bots } from '../bots/bots.js';
import { Pauses } from '../bot-api/pauses.js';
import { PollerLock } from './poller-lock.js';
import { Receiving } from './receiving.js';
import { WebhookMetrics } from './webhook-metrics.js';

class Taken extends UpdateSink {
  readonly updates: unknown[] = [];

  override async accept(_channel: string, updates: readonly unknown[]): Promise<void> {
    this.updates.push(...updates);
  }
}

describe('Receiving', () => {
  let telegram: TelegramDouble;
  let database: TestDatabase;
  let pool: DatabasePool;
  let taken: Taken;

  beforeEach(async () => {
    telegram = await TelegramDouble.start();
    database = await startTestDatabase();
    pool = new DatabasePool(new Database(database.url), { poolSize: 2 });
    taken = new Taken();
  });
  afterEach(async () => {
    await telegram.close();
    await pool.end();
    await database.stop();
  });

  function receiving(mode: TelegramMode, role: Role = 'all', publicUrl?: string): Receiving {
    const settings = Object.assign(new TelegramSettings(), { mode, publicUrl });
    Object.assign(settings, { botToken: telegram.token, apiRoot: telegram.root, webhookSecret: 'a_secret' });
    const pauses = new Pauses(new Random());
    return new Receiving(
      Object.assign(new ServerSettings(), { role }),
      settings,
      new Bots(settings, new AccessSettings(), pauses, new Clock()),
      taken,
      pauses,
      new WebhookMetrics(new Metrics()),
      new PollerLock(pool, pauses),
    );
  }

  it('polls without a public address', async () => {
    telegram.push(textUpdate(newChatId(), 'hi'));
    const service = receiving('auto');
    service.onApplicationBootstrap();
    await eventually(() => expect(taken.updates).toHaveLength(1));
    await eventually(() => expect(telegram.callsOf('setMyCommands')).toHaveLength(menus().length));
    await service.onModuleDestroy();
  });

  it('registers a public address, and does not poll', async () => {
    const service = receiving('auto', 'web', 'https://bot.example.org');
    service.onApplicationBootstrap();
    await eventually(() => expect(telegram.webhook.url).toBe('https://bot.example.org/webhook/telegram'));
    await service.onModuleDestroy();
    expect(telegram.callsOf('getUpdates')).toHaveLength(0);
  });

  it.each([
    ['passive', 'all'],
    ['polling', 'worker'],
    ['webhook', 'worker'],
  ] as const)('makes no call to Telegram in mode %s, role %s', async (mode, role) => {
    const service = receiving(mode, role, 'https://bot.example.org');
    service.onApplicationBootstrap();
    await service.onModuleDestroy();
    expect(telegram.calls).toHaveLength(0);
  });

  it.each(['polling', 'webhook'] as const)(
    'stops at once in mode %s while Telegram does not answer',
    async (mode) => {
      for (const method of ['getUpdates', 'setWebhook', 'setMyCommands']) {
        telegram.failNext({ method, with: failures.hangBefore });
      }
      const service = receiving(mode, 'all', 'https://bot.example.org');
      service.onApplicationBootstrap();
      const awaited = mode === 'polling' ? 'getUpdates' : 'setWebhook';
      await eventually(() => expect(telegram.callsOf(awaited)).toHaveLength(1));
      await service.onModuleDestroy();
      expect(telegram.callsOf(awaited)).toHaveLength(1);
    },
  );
});
