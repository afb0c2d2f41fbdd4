import { AccessSettings } from '../channel/access.settings.js';
import { AdminSettings } from '../admin/access/admin.settings.js';
import { AlertSettings } from '../notifications/alerts/alert.settings.js';
import { NotificationSettings } from '../notifications/sending/notification.settings.js';
import { AgentSettings, readPromptFile } from '../agent/context/agent.settings.js';
import { readBots } from './bot-settings.js';
import { BudgetSettings, completePrices } from '../budget/budget.settings.js';
import { BusySettings } from '../agent/turns/busy.settings.js';
import { ChatLimitSettings } from '../platform/throttling/chat-limit.settings.js';
import { ContextSettings } from '../agent/llm/context.settings.js';
import { DatabaseSettings } from '../platform/database/database.settings.js';
import { FloodSettings } from '../delivery/flood/flood.settings.js';
import { GroupSettings } from '../memory/group.settings.js';
import { guessableSecrets } from '../platform/config/guessable.js';
import { isHttpAddress } from '../platform/config/http-address.js';
import { LogSettings } from '../platform/observability/log.settings.js';
import { McpSettings, readMcpServers } from '../agent/tools/mcp/mcp.settings.js';
import { misspeltVariables } from '../platform/config/misspelt.js';
import { modelNameOf, priceOf } from '../budget/model-prices.js';
import { askedModels, ModelSettings } from '../agent/llm/model.settings.js';
import { modelTarget } from '../agent/llm/model-target.js';
import {
  type Environment,
  readEach,
  SettingsError,
  type SettingsOf,
} from '../platform/config/read-settings.js';
import { RedisSettings } from '../platform/throttling/redis.settings.js';
import { RetentionSettings } from '../retention/retention.settings.js';
import { SecretsSettings } from '../platform/secrets/secrets.settings.js';
import { ServerSettings } from '../platform/http/server.settings.js';
import { StreamingSettings } from '../agent/llm/streaming.settings.js';
import { TelegramSettings } from '../telegram/settings/telegram.settings.js';
import { ToolSettings } from '../agent/tools/tool.settings.js';
import { TranscriptionSettings } from '../agent/attachments/transcription.settings.js';
import { variablesOf } from '../platform/config/variable.js';
import { secretsOf, secretVariables } from '../platform/config/setting-secrets.js';
import { WorkerSettings } from '../queue/processing/worker.settings.js';

/** The classes in the order in which `.env.example` lists them. */
export const settingsClasses = {
  server: ServerSettings,
  database: DatabaseSettings,
  redis: RedisSettings,
  telegram: TelegramSettings,
  access: AccessSettings,
  flood: FloodSettings,
  model: ModelSettings,
  transcription: TranscriptionSettings,
  agent: AgentSettings,
  context: ContextSettings,
  busy: BusySettings,
  groups: GroupSettings,
  streaming: StreamingSettings,
  tools: ToolSettings,
  mcp: McpSettings,
  budget: BudgetSettings,
  worker: WorkerSettings,
  chatLimit: ChatLimitSettings,
  retention: RetentionSettings,
  admin: AdminSettings,
  secrets: SecretsSettings,
  alerts: AlertSettings,
  notifications: NotificationSettings,
  log: LogSettings,
} as const;

/** All settings of one process, each concern in its own class. */
export type Settings = SettingsOf<typeof settingsClasses>;

/**
 * Reads and checks everything at once, so that one failed start reports every fault.
 * @throws SettingsError naming each variable, its problem and an example
 */
export function loadSettings(env: Environment): Settings {
  const problems: string[] = [];
  const settings = readEach(settingsClasses, env, problems);
  const { agent, budget, telegram, mcp, model } = settings;
  problems.push(
    ...readPromptFile(agent),
    ...(settings.server.works ? readMcpServers(mcp, env) : []),
    ...completePrices(budget),
  );
  budget.models = askedModels(model).map(modelNameOf);
  problems.push(
    ...misspeltVariables(env, variableNames(), [telegram.botsFile, mcp.configFile]),
    ...missingTogether(settings),
    ...unreachablePublicUrl(telegram),
    ...missingProviders(settings.model),
    ...missingInProduction(settings),
    ...(settings.server.production ? guessableSecrets(Object.values(settings)) : []),
    ...useless(settings),
    ...readBots(settings, env),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function variableNames(): string[] {
  return Object.values(settingsClasses).flatMap((type) => variablesOf(type).map(({ name }) => name));
}

/** Budgets that would let nothing pass, or everything. */
function useless({ budget, transcription }: Settings): string[] {
  const problems: string[] = [];
  const { answerTokens, turnTokens, userDayTokens, chatDayTokens, dayTokens } = budget;
  const limits = { turnTokens, userDayTokens, chatDayTokens, dayTokens };
  for (const { name, property } of variablesOf(BudgetSettings)) {
    const limit = Object.entries(limits).find(([limited]) => limited === property)?.[1];
    if (limit === undefined || limit > answerTokens) continue;
    problems.push(
      `${name} must be more than BUDGET_ANSWER_TOKENS, which is ${answerTokens}: each model call reserves that for its answer`,
    );
  }
  if (!budget.countsMoney) return problems;
  const ears = transcription.isOn ? [transcription.model] : [];
  for (const name of new Set([...budget.models, ...ears])) {
    if (priceOf(budget.prices, name)) continue;
    problems.push(
      `MODEL_PRICES has no price for ${name}, so no budget in dollars could hold (for example MODEL_PRICES={"${name}":{"input":0.75,"output":4.5}})`,
    );
  }
  return problems;
}

/**
 * Settings that a process needs, besides valid ones, to serve anyone; stand-ins have filled them in where they may.
 * @throws SettingsError
 */
export function assertComplete({ server, telegram, model }: Settings): void {
  const problems: string[] = [];
  const why = `only APP_ROLE=all has stand-ins, this is APP_ROLE=${server.role}`;
  if (!telegram.botToken) problems.push(`TELEGRAM_BOT_TOKEN is missing: ${why}`);
  if (!model.apiKey && !model.baseUrl) {
    const alone = server.role === 'all' && telegram.botToken;
    const real =
      'with TELEGRAM_BOT_TOKEN real people write, and the demo model is none to answer them (for example OPENAI_API_KEY=sk-..., or OPENAI_BASE_URL=http://localhost:11434/v1)';
    problems.push(`OPENAI_API_KEY or OPENAI_BASE_URL is missing: ${alone ? real : why}`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
}

/** Variables that need each other, in any environment. */
function missingTogether({ telegram }: Settings): string[] {
  if (telegram.receiving !== 'webhook') return [];
  const problems: string[] = [];
  if (!telegram.publicUrl) {
    problems.push(
      'PUBLIC_URL is missing: TELEGRAM_MODE=webhook registers it with Telegram (for example https://bot.example.org)',
    );
  }
  if (!telegram.webhookSecret) {
    problems.push(
      'TELEGRAM_WEBHOOK_SECRET is missing: without it anybody could post updates (for example a-long-random-word_42)',
    );
  }
  return problems;
}

/** Telegram itself posts to https only; a Bot API server of one's own may post to http. */
function unreachablePublicUrl({ publicUrl, apiRoot }: TelegramSettings): string[] {
  if (publicUrl === undefined || !/^http:/i.test(publicUrl)) return [];
  if (!isHttpAddress(publicUrl) || !isHttpAddress(apiRoot)) return [];
  if (new URL(apiRoot).hostname !== 'api.telegram.org') return [];
  return [
    `PUBLIC_URL must be an https address, Telegram posts to no other (got ${JSON.stringify(publicUrl)}; for example PUBLIC_URL=https://bot.example.org)`,
  ];
}

/** Names in use without an address. Unreadable lists must be fixed first. */
function missingProviders(settings: ModelSettings): string[] {
  const { model, fallbackModels, checkModel, providers, providerKeys } = settings;
  if (!(providers instanceof Map) || !(providerKeys instanceof Map)) return [];
  const uses: (readonly [variable: string, text: string, known: boolean])[] = [
    ['OPENAI_MODEL', model, modelTarget(model, providers) !== null],
    ...fallbackModels.map(
      (text) => ['OPENAI_FALLBACK_MODELS', text, modelTarget(text, providers) !== null] as const,
    ),
    ...(checkModel === undefined ? [] : [checkModel]).map(
      (text) => ['OPENAI_CHECK_MODEL', text, modelTarget(text, providers) !== null] as const,
    ),
    ...[...providerKeys.keys()].map((name) => ['OPENAI_PROVIDER_KEYS', name, providers.has(name)] as const),
  ];
  return uses
    .filter(([, , known]) => !known)
    .map(
      ([variable, text]) =>
        `${variable} names a provider or model that is not there: "${text}" (providers are in OPENAI_PROVIDERS, for example OPENAI_PROVIDERS=groq=https://api.groq.com/openai/v1)`,
    );
}

/** Settings that production does not generate or simulate. */
function missingInProduction({ server, telegram, model, admin }: Settings): string[] {
  if (!server.production) return [];
  const problems: string[] = [];
  const need = (present: unknown, name: string, why: string) => {
    if (!present) problems.push(`${name} is missing: NODE_ENV=production ${why}`);
  };
  need(telegram.botToken, 'TELEGRAM_BOT_TOKEN', 'does not simulate Telegram (get one from @BotFather)');
  need(
    model.apiKey ?? model.baseUrl,
    'OPENAI_API_KEY',
    'has no demo model (or set OPENAI_BASE_URL for a model of your own)',
  );
  need(admin.apiKey, 'ADMIN_API_KEY', 'does not generate secrets (16 characters or more)');
  if (telegram.receiving === 'passive') {
    need(telegram.webhookSecret, 'TELEGRAM_WEBHOOK_SECRET', 'does not accept unauthenticated webhooks');
  }
  return problems;
}

/**
 * Every secret that an environment holds, though it may not allow a start: of variables that are not valid as well, and,
 * where all of them are, those of the files that they name.
 */
export function secretsIn(env: Environment): string[] {
  const secrets = secretVariables(settingsClasses, env);
  try {
    return [...secrets, ...secretsOf(loadSettings(env))];
  } catch {
    return secrets;
  }
}
