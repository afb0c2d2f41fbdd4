import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { expect } from 'vitest';
import { AdminModule } from '../../src/admin/admin.module.js';
import { httpAdapter, httpOptions, setUpHttp } from '../../src/application.js';
import { loadSettings } from '../../src/settings/settings.js';
import { SettingsModule } from '../../src/platform/config/settings.module.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { PrismaService } from '../../src/platform/database/prisma.service.js';
import type { Prisma } from '../../src/generated/prisma/client.js';
import { HttpModule } from '../../src/platform/http/http.module.js';
import { ObservabilityModule } from '../../src/platform/observability/observability.module.js';
import { RuntimeModule } from '../../src/platform/runtime/runtime.module.js';
import { TelegramModule } from '../../src/telegram/telegram.module.js';
import { ThrottlingModule } from '../../src/platform/throttling/throttling.module.js';
import { startTestDatabase, type TestDatabase } from './database.js';
import { DescribedAnswers } from './described-answers.js';

const key = 'an-admin-key-of-24-chars';

export type Item = Readonly<Record<string, unknown>>;

export interface Listed {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export interface Talk {
  readonly id: string;
  readonly chatId: string;
}

/** The admin module alone, over HTTP, on a database and a queue of its own. */
export class AdminApp {
  private chats = 7_000_000_000;
  private described: DescribedAnswers | null = null;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly prisma: PrismaService,
    private readonly database: TestDatabase,
  ) {}

  static async start(change = (builder: TestingModuleBuilder) => builder): Promise<AdminApp> {
    const database = await startTestDatabase();
    const settings = loadSettings({
      DATABASE_URL: database.url,
      ADMIN_API_KEY: key,
      SECRETS_KEY: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
      OPENAI_PROVIDERS: 'groq=https://api.groq.com/openai/v1',
    });
    const imports = [
      SettingsModule.forRoot(settings),
      RuntimeModule,
      HttpModule,
      ObservabilityModule,
      DatabaseModule,
      ThrottlingModule,
      TelegramModule,
      AdminModule,
    ];
    const silent = { log: () => {}, warn: () => {}, error: () => {} };
    const module = await change(Test.createTestingModule({ imports })).setLogger(silent).compile();
    const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(settings), httpOptions);
    await setUpHttp(app, settings);
    await app.listen(0, '127.0.0.1');
    return new AdminApp(app, app.get(PrismaService), database);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.stop();
  }

  readonly headers = { authorization: `Bearer ${key}` };

  /** For a session of the test's own, which holds locks. */
  get databaseUrl(): string {
    return this.database.url;
  }

  /**
   * Fails if the answer differs from its description in `/docs-json`: so every spec of the admin API also tests the
   * description.
   */
  async call(url: string, method: 'GET' | 'POST' | 'PATCH' | 'DELETE' = 'GET', payload?: object) {
    const body = payload === undefined ? {} : { payload };
    const answer = await this.app.inject({ url: `/admin/${url}`, method, headers: this.headers, ...body });
    this.described ??= new DescribedAnswers((await this.app.inject('/docs-json')).json<OpenAPIObject>());
    this.described.check(method, `/admin/${url}`, answer);
    return answer;
  }

  /** One page. */
  async list(url: string): Promise<Listed> {
    const answer = await this.call(url);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<Listed>();
  }

  /** All pages of a listing, one after the other; `url` has a query already. */
  async pages(url: string): Promise<(readonly Item[])[]> {
    const all: (readonly Item[])[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Listed = await this.list(`${url}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      all.push(page.items);
      cursor = page.nextCursor;
    }
    return all;
  }

  /** A private chat with some messages, the user's and the agent's alternating: "message 1", "message 2", ... */
  async talk(messages: number, change: Partial<Prisma.ConversationUncheckedCreateInput> = {}): Promise<Talk> {
    this.chats += 1;
    const chatId = String(this.chats);
    const { id } = await this.prisma.conversation.create({
      data: {
        id: crypto.randomUUID(),
        channel: 'telegram',
        chatId,
        chatType: 'private',
        title: 'Ada Lovelace',
        messageCount: messages,
        lastMessageAt: new Date('2021-01-01'),
        ...change,
      },
    });
    await this.prisma.$executeRaw`
      INSERT INTO messages (conversation_id, epoch, role, text, channel_message_id)
      SELECT ${id}::uuid, 0, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role, 'message ' || n, n::text
      FROM generate_series(1, ${messages}) AS n`;
    return { id, chatId };
  }

  /**
   * Many idle conversations, each with an event, a turn, an approval, a message, a dead letter and a budget: enough for the
   * planner to need indexes.
   */
  async fill(conversations: number): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO conversations (id, channel, chat_id, chat_type, title, username, last_message_at)
      SELECT gen_random_uuid(), 'filler', n, 'private', 'Filler ' || n, 'filler' || n,
             -- Ten rows share each microsecond, so that pages break between equal times.
             timestamptz '2020-01-01' + (n / 10) * interval '1 microsecond'
      FROM generate_series(1, ${conversations}) AS n`;
    await this.prisma.$executeRaw`
      INSERT INTO turns (id, conversation_id, epoch, state)
      SELECT gen_random_uuid(), id, 0, 'done' FROM conversations WHERE channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO approvals (id, turn_id, step_index, conversation_id, tool, arguments, expires_at)
      SELECT gen_random_uuid(), t.id, 1, c.id, 'filler', '{}', c.last_message_at + interval '100 years'
      FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO messages (conversation_id, epoch, role, text)
      SELECT id, 0, 'user', 'hello' FROM conversations WHERE channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO dead_letters (id, kind, subject_id, conversation_id, reason, attempts, last_error, created_at)
      SELECT gen_random_uuid(), 'turn', id::text, id, 'FILLER', 1, 'x', last_message_at
      FROM conversations WHERE channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO budget_days (day, scope, key)
      SELECT date '2020-01-01' + day, scope, 'filler:' || n
      FROM generate_series(0, 9) AS day, unnest(ARRAY['user', 'chat']::budget_scope[]) AS scope,
           generate_series(1, ${conversations} / 20) AS n`;
    await this.prisma.$executeRaw`
      INSERT INTO schedules (id, conversation_id, number, kind, text, next_at)
      SELECT gen_random_uuid(), id, 1, 'reminder', 'x', last_message_at + interval '100 years'
      FROM conversations WHERE channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO people (channel, user_id, first_name)
      SELECT 'filler', n, 'Somebody' FROM generate_series(1, ${conversations}) AS n`;
    await this.prisma.$executeRaw`
      INSERT INTO person_tools (channel, user_id, tools)
      SELECT 'filler', n, '{"allow":null,"deny":[]}' FROM generate_series(1, ${conversations}) AS n`;
    await this.prisma.$executeRaw`
      INSERT INTO person_access (channel, user_id, role)
      SELECT 'filler', n, 'user' FROM generate_series(1, ${conversations}) AS n`;
    await this.prisma.$executeRaw`
      INSERT INTO events (source, external_id, conversation_id, kind, state)
      SELECT 'filler', id::text, id, 'message', 'done' FROM conversations WHERE channel = 'filler'`;
    await this.prisma.$executeRaw`
      INSERT INTO trigger_outcomes (event_id, trigger_id, result)
      SELECT id, ('00000000-0000-7000-8000-00000000000' || id % 10)::uuid, 'filtered'
      FROM events WHERE source = 'filler'`;
    await this.prisma.$executeRaw`ANALYZE`;
  }
}
