import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningApplication, startApplication } from '../../src/application.js';
import { modelNameOf, priceOf } from '../../src/budget/model-prices.js';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { BotApiSimulator } from '../../src/playground/bot-api-simulator.js';
import { DemoModel } from '../../src/playground/demo-model.js';
import { SYSTEM_PROMPT } from './agent.js';
import { ChatRecord } from './chat-record.js';

/** So small that 200 messages exceed it, and large enough for every dialogue. */
const CONTEXT_TOKENS = '6000';
/** The settings of the model that is evaluated. */
const OF_THE_MODEL = /^(?:OPENAI_|MODEL_PRICES)/;

/** The whole product on an empty database of its own, between a simulated Telegram and the evaluated model. */
export class Stage {
  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    readonly telegram: BotApiSimulator,
    private readonly demo: DemoModel | null,
    private readonly app: RunningApplication,
    readonly record: ChatRecord,
  ) {}

  /** @param env with the settings of the model; without a key and a base URL the demo model replaces it */
  static async open(env: Environment): Promise<Stage> {
    await mkdir('.turnpike', { recursive: true });
    const folder = await mkdtemp(join('.turnpike', 'eval-'));
    const postgres = new EmbeddedPostgres(join(folder, 'postgres'));
    const telegram = await BotApiSimulator.start();
    const real = Boolean(env.OPENAI_API_KEY?.trim() || env.OPENAI_BASE_URL?.trim());
    const demo = real ? null : await DemoModel.start({ latencyMs: 20 });
    const database = await postgres.start();
    const secret = randomBytes(24).toString('base64url');
    const ofTheModel = Object.fromEntries(Object.entries(env).filter(([name]) => OF_THE_MODEL.test(name)));
    const app = await startApplication({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'error',
      LOG_PRETTY: 'false',
      DATABASE_URL: database,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.root,
      TELEGRAM_WEBHOOK_SECRET: secret,
      TELEGRAM_MODE: 'passive',
      ADMIN_API_KEY: randomBytes(24).toString('base64url'),
      AGENT_SYSTEM_PROMPT: SYSTEM_PROMPT,
      AGENT_CONTEXT_TOKENS: CONTEXT_TOKENS,
      // So that a chat shows exactly its answers.
      AGENT_STREAMING: 'false',
      CHAT_RATE_LIMIT: '1000',
      ...ofTheModel,
      ...(demo ? { OPENAI_BASE_URL: demo.baseUrl, OPENAI_API_KEY: 'any', OPENAI_MODEL: demo.name } : {}),
    });
    telegram.deliverTo(`${app.url}/webhook/telegram`, secret);
    return new Stage(folder, postgres, telegram, demo, app, new ChatRecord(database));
  }

  get isDemo(): boolean {
    return this.demo !== null;
  }

  get model(): string {
    return this.app.settings.model.model;
  }

  /** The price table knows the model's cost. */
  get isPriced(): boolean {
    return priceOf(this.app.settings.budget.prices, modelNameOf(this.model)) !== null;
  }

  async close(): Promise<void> {
    await this.record.close();
    await this.app.stop();
    await Promise.all([this.telegram.stop(), this.demo?.stop()]);
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
