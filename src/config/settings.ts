import { readFileSync } from 'node:fs';
import { messageOf } from '../errors/errors.js';
import { AccessSettings } from './access.settings.js';
import { AdminSettings } from './admin.settings.js';
import { AgentSettings } from './agent.settings.js';
import { readBots } from './bot-settings.js';
import { BudgetSettings } from './budget.settings.js';
import { BusySettings } from './busy.settings.js';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { DatabaseSettings } from './database.settings.js';
import { FloodSettings } from './flood.settings.js';
import { GroupSettings } from './group.settings.js';
import { guessableSecrets } from './guessable.js';
import { isHttpAddress } from './http-address.js';
import { LogSettings } from './log.settings.js';
import { readMcpFile } from './mcp-file.js';
import { McpSettings } from './mcp.settings.js';
import { misspeltVariables } from './misspelt.js';
import { parsePrices, priceOf } from './model-prices.js';
import { ModelSettings } from './model.settings.js';
import { modelNameOf, modelTarget } from './model-target.js';
import { type Environment, readSettings, SettingsError } from './read-settings.js';
import { RedisSettings } from './redis.settings.js';
import { RetentionSettings } from './retention.settings.js';
import { ServerSettings } from './server.settings.js';
import { StreamingSettings } from './streaming.settings.js';
import { TelegramSettings } from './telegram.settings.js';
import { ToolSettings } from './tool.settings.js';
import { TranscriptionSettings } from './transcription.settings.js';
import { variablesOf } from './variable.js';
import { WorkerSettings } from './worker.settings.js';

/** All settings of one process, each concern in its own class. */
export interface Settings {
  readonly server: ServerSettings;
  readonly database: DatabaseSettings;
  readonly redis: RedisSettings;
  readonly telegram: TelegramSettings;
  readonly access: AccessSettings;
  readonly flood: FloodSettings;
  readonly model: ModelSettings;
  readonly transcription: TranscriptionSettings;
  readonly agent: AgentSettings;
  readonly busy: BusySettings;
  readonly groups: GroupSettings;
  readonly streaming: StreamingSettings;
  readonly tools: ToolSettings;
  readonly mcp: McpSettings;
  readonly budget: BudgetSettings;
  readonly worker: WorkerSettings;
  readonly chatLimit: ChatLimitSettings;
  readonly retention: RetentionSettings;
  readonly admin: AdminSettings;
  readonly log: LogSettings;
}

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
  log: LogSettings,
} as const;

/**
 * Reads and checks everything at once, so that one failed start names all that is wrong.
 * @throws SettingsError naming each variable, its problem and an example
 */
export function loadSettings(env: Environment): Settings {
  const problems: string[] = [];
  const settings: Settings = {
    server: readSettings(ServerSettings, env, problems),
    database: readSettings(DatabaseSettings, env, problems),
    redis: readSettings(RedisSettings, env, problems),
    telegram: readSettings(TelegramSettings, env, problems),
    access: readSettings(AccessSettings, env, problems),
    flood: readSettings(FloodSettings, env, problems),
    model: readSettings(ModelSettings, env, problems),
    transcription: readSettings(TranscriptionSettings, env, problems),
    agent: readSettings(AgentSettings, env, problems),
    busy: readSettings(BusySettings, env, problems),
    groups: readSettings(GroupSettings, env, problems),
    streaming: readSettings(StreamingSettings, env, problems),
    tools: readSettings(ToolSettings, env, problems),
    mcp: readSettings(McpSettings, env, problems),
    budget: readSettings(BudgetSettings, env, problems),
    worker: readSettings(WorkerSettings, env, problems),
    chatLimit: readSettings(ChatLimitSettings, env, problems),
    retention: readSettings(RetentionSettings, env, problems),
    admin: readSettings(AdminSettings, env, problems),
    log: readSettings(LogSettings, env, problems),
  };
  readPromptFile(settings.agent, problems);
  if (settings.server.works) readMcpServers(settings.mcp, env, problems);
  if (settings.budget.priceOverrides instanceof Map) completePrices(settings.budget, problems);
  const { telegram, mcp } = settings;
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

function readPromptFile(agent: AgentSettings, problems: string[]): void {
  if (!agent.systemPromptFile) return;
  try {
    agent.systemPrompt = readFileSync(agent.systemPromptFile, 'utf8');
  } catch (error) {
    problems.push(`AGENT_SYSTEM_PROMPT_FILE cannot be read: ${messageOf(error)} (for example ./prompt.md)`);
  }
}

function readMcpServers(mcp: McpSettings, env: Environment, problems: string[]): void {
  if (!mcp.configFile) return;
  const file = readMcpFile(mcp.configFile, env);
  mcp.servers = file.servers;
  mcp.secrets = file.secrets;
  problems.push(...file.problems.map((problem) => `MCP_CONFIG_FILE ${mcp.configFile}: ${problem}`));
}

function completePrices(budget: BudgetSettings, problems: string[]): void {
  try {
    const file = budget.pricesFile ? parsePrices(readFileSync(budget.pricesFile, 'utf8')) : [];
    budget.prices = new Map([...budget.prices, ...file, ...budget.priceOverrides]);
  } catch (error) {
    problems.push(`MODEL_PRICES_FILE cannot be read: ${messageOf(error)} (for example ./prices.json)`);
  }
}

/** Budgets that would let nothing pass, or everything. */
function useless({ budget, model, transcription }: Settings): string[] {
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
  const { checkModel = model.model } = model;
  const ears = transcription.isOn ? [transcription.model] : [];
  const asked = [model.model, ...model.fallbackModels, checkModel].map(modelNameOf);
  for (const name of new Set([...asked, ...ears])) {
    if (priceOf(budget.prices, name)) continue;
    problems.push(
      `MODEL_PRICES has no price for ${name}, so no budget in dollars could hold (for example MODEL_PRICES={"${name}":{"input":0.75,"output":4.5}})`,
    );
  }
  return problems;
}

/**
 * What a process needs besides valid settings to serve anybody; stand-ins have filled it in where they may.
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

/** Names that are used and have no address. Where the lists are not readable that is the problem to mend first. */
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

/** What production does not generate or simulate. */
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
