import { Client } from 'pg';
import supertest from 'supertest';
import { type RunningApplication, startApplication } from '../../src/application.js';
import type { Environment } from '../../src/platform/config/read-settings.js';
import type { Backend } from './backends.js';
import { startTestDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';

import { type RedisServer, startRedis } from './redis.js';
import { ScriptedModel } from './scripted-model.js';
import { TelegramDouble } from './telegram-double.js';
import { pressUpdate, textUpdate } from './updates.js';

export const SECRET = 'a-webhook-secret_of-the-tests';
export const ADMIN_KEY = 'an-admin-key-of-the-tests';
export const SECRETS_KEY = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=';
export const SECRET_HEADER = 'X-Telegram-Bot-Api-Secret-Token';

/** The parts of a world, each of them the test's own. */
interface Parts {
  readonly telegram: TelegramDouble;
  readonly model: ScriptedModel;
  readonly database: TestDatabase;
  readonly redis: RedisServer | null;
}

/** A message of the history in the admin API's form. */
export interface ToldMessage {
  readonly role: string;
  readonly text: string;
  readonly delivery: {
    readonly state: string;
    readonly attempts: number;
    readonly error: string | null;
  } | null;
}

/** A dead letter in the admin API's form. */
export interface ToldLetter {
  readonly id: string;
  readonly kind: string;
  readonly reason: string;
  readonly attempts: number;
}

/**
 * The whole product with a real database and a real queue, between doubles of Telegram and the model over HTTP. Start
 * it once a file: unused chats keep the tests apart.
 */
export class World {
  private readonly running: RunningApplication[] = [];

  private constructor(
    readonly parts: Parts,
    private readonly extra: Environment,
  ) {}

  /** @param extra settings besides those of the doubles' addresses; limits are very high by default */
  static async start(backend: Backend, extra: Environment = {}): Promise<World> {
    const world = await World.prepare(backend, extra);
    await world.startApp();
    return world;
  }

  /** The surroundings without the product. */
  static async prepare(backend: Backend, extra: Environment = {}): Promise<World> {
    const parts = {
      telegram: await TelegramDouble.start(),
      model: await ScriptedModel.start(),
      database: await startTestDatabase(),
      redis: backend === 'redis' ? await startRedis() : null,
    };
    return new World(parts, extra);
  }

  get telegram(): TelegramDouble {
    return this.parts.telegram;
  }

  get model(): ScriptedModel {
    return this.parts.model;
  }

  get redis(): RedisServer {
    if (!this.parts.redis) throw new Error('this world has no Redis');
    return this.parts.redis;
  }

  get redisIfAny(): RedisServer | null {
    return this.parts.redis;
  }

  /** The settings of a process in this world. */
  env(overrides: Environment = {}): Environment {
    const { telegram, model, database, redis } = this.parts;
    return {
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'silent',
      LOG_PRETTY: 'false',
      DATABASE_URL: database.url,
      REDIS_URL: redis?.url,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.root,
      TELEGRAM_WEBHOOK_SECRET: SECRET,
      TELEGRAM_MODE: 'passive',
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: 'a-key',
      OPENAI_MODEL: 'double',
      ADMIN_API_KEY: ADMIN_KEY,
      SECRETS_KEY,
      // On a slow machine a chat would show drafts, and most tests look for the answer.
      AGENT_STREAMING: 'false',
      CHAT_WAIT_NOTICE: 'false',
      CHAT_RATE_LIMIT: '1000000',
      CHAT_BACKLOG_LIMIT: '1000000',
      TELEGRAM_BOT_PER_SECOND: '1000000',
      TELEGRAM_CHAT_PER_SECOND: '1000000',
      TELEGRAM_GROUP_PER_MINUTE: '1000000',
      ...this.extra,
      ...overrides,
    };
  }

  /** Starts a process of the product in this world, besides the running ones. */
  async startApp(overrides: Environment = {}): Promise<RunningApplication> {
    const app = await startApplication(this.env(overrides));
    this.running.push(app);
    return app;
  }

  async stopApp(app: RunningApplication = this.app): Promise<void> {
    this.running.splice(this.running.indexOf(app), 1);
    await app.stop();
  }

  /** A process that receives updates. */
  get app(): RunningApplication {
    const app = this.running.find(({ settings }) => settings.server.receives);
    if (!app) throw new Error('no process runs that receives updates');
    return app;
  }

  /** Posts an update as Telegram does. */
  post(update: object, app = this.app): supertest.Test {
    return supertest(app.url).post('/webhook/telegram').set(SECRET_HEADER, SECRET).send(update);
  }

  /** A user writes `text`, and it is accepted. */
  async say(chat: number, text: string): Promise<void> {
    const { status, body } = await this.post(textUpdate(chat, text));
    if (status !== 200 || body.status !== 'queued')
      throw new Error(`answered ${status} ${JSON.stringify(body)}`);
  }

  /** A user writes `text`, and the chat shows `count` messages of the bot in all. */
  async sayAndRead(
    chat: number,
    text: string,
    count = this.telegram.textsOf(chat).length + 1,
  ): Promise<string> {
    await this.say(chat, text);
    return await this.lastOf(chat, count);
  }

  /** Presses a button in a chat. @returns the answer to the press */
  async pressAndRead(chat: number, data: string, by = chat): Promise<string> {
    const update = pressUpdate(chat, data, by);
    await this.post(update).expect(200, { status: 'queued' });
    return await eventually(() => {
      const answered = this.telegram
        .callsOf('answerCallbackQuery')
        .find(({ params }) => params['callback_query_id'] === update.callback_query.id);
      if (!answered) throw new Error('not answered');
      const { text } = answered.params;
      return typeof text === 'string' ? text : '';
    });
  }

  /** The newest visible message of the chat, once it shows `count`. */
  async lastOf(chat: number, count: number): Promise<string> {
    return await eventually(() => {
      const shown = this.telegram.textsOf(chat);
      const last = shown.at(-1);
      if (shown.length < count || last === undefined)
        throw new Error(`${shown.length} of ${count} messages are there`);
      return last;
    });
  }

  /** A request to the admin API. */
  admin(path: string, method: 'get' | 'post' | 'patch' | 'delete' = 'get', app = this.app): supertest.Test {
    return supertest(app.url)[method](`/admin/${path}`).set('Authorization', `Bearer ${ADMIN_KEY}`);
  }

  async conversationId(chat: number): Promise<string> {
    const [row] = await this.sql<{ id: string }>('SELECT id FROM conversations WHERE chat_id = $1', [chat]);
    if (!row) throw new Error(`no conversation of chat ${chat}`);
    return row.id;
  }

  /** A chat's history by the admin API, oldest first. */
  async history(chat: number): Promise<ToldMessage[]> {
    const id = await this.conversationId(chat);
    const { body } = await this.admin(`conversations/${id}/messages?order=asc&limit=200`).expect(200);
    return body.items;
  }

  /** The dead letters of a chat. */
  async deadLetters(chat: number): Promise<ToldLetter[]> {
    const id = await this.conversationId(chat);
    const { body } = await this.admin('dead-letters?limit=200').expect(200);
    const items: (ToldLetter & { conversationId: string })[] = body.items;
    return items.filter(({ conversationId }) => conversationId === id);
  }

  /** The number of a chat's events in each state. */
  async eventStates(chat: number): Promise<Record<string, number>> {
    const rows = await this.sql<{ state: string; count: number }>(
      `SELECT e.state, count(*)::int AS count FROM events e JOIN conversations c ON c.id = e.conversation_id
       WHERE c.chat_id = $1 GROUP BY e.state`,
      [chat],
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** Queries the database itself, for data that no interface shows. */
  async sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.env().DATABASE_URL });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    this.model.releaseAll();
    await Promise.allSettled(this.running.splice(0).map((app) => app.stop()));
    await Promise.allSettled([this.telegram.close(), this.model.close()]);
    await this.parts.redis?.stop();
    await this.parts.database.stop();
  }
}
