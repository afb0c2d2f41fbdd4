import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { SECRET_HEADER, World } from './app.js';
import type { Backend } from './backends.js';
import type { TelegramDouble } from './telegram-double.js';

const SUPPORT_SECRET = 'the-webhook-secret-of-support';

/** A world with a second bot, `support`, on the same Bot API server; the world's own methods are for the first. */
export class TwoBots {
  readonly support: TelegramDouble;
  private readonly folder = mkdtempSync(join(tmpdir(), 'turnpike-two-bots-'));

  private constructor(
    readonly world: World,
    profile: object,
  ) {
    this.support = world.telegram.addBot('support_bot');
    const support = { token: '${SUPPORT_BOT_TOKEN}', webhookSecret: SUPPORT_SECRET, ...profile };
    writeFileSync(join(this.folder, 'bots.json'), JSON.stringify({ bots: { support } }));
  }

  /** @param profile the second bot's own settings */
  static async start(backend: Backend, extra: Environment, profile: object = {}): Promise<TwoBots> {
    const bots = new TwoBots(await World.prepare(backend, extra), profile);
    await bots.startApp();
    return bots;
  }

  /** Starts a process that knows both. */
  async startApp(): Promise<void> {
    await this.world.startApp(this.environment());
  }

  /** The settings that add the second bot to a process. */
  environment(): Environment {
    return { TELEGRAM_BOTS_FILE: join(this.folder, 'bots.json'), SUPPORT_BOT_TOKEN: this.support.token };
  }

  /** Posts an update to the second bot's address, as Telegram does. */
  post(update: object, secret = SUPPORT_SECRET): supertest.Test {
    return this.postTo('/webhook/telegram/support', update, secret);
  }

  postTo(path: string, update: object, secret = SUPPORT_SECRET): supertest.Test {
    return supertest(this.world.app.url).post(path).set(SECRET_HEADER, secret).send(update);
  }

  /** The number of a chat's messages in each state, by channel. */
  async eventStates(chat: number): Promise<Record<string, number>> {
    const rows = await this.world.sql<{ key: string; count: number }>(
      `SELECT c.channel || ' ' || e.state AS key, count(*)::int AS count
       FROM events e JOIN conversations c ON c.id = e.conversation_id WHERE c.chat_id = $1 GROUP BY 1`,
      [chat],
    );
    return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
  }

  async stop(): Promise<void> {
    await this.world.stop();
    rmSync(this.folder, { recursive: true });
  }
}
