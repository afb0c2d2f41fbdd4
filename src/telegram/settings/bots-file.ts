import { readFileSync } from 'node:fs';
import { messageOf } from '../../platform/errors/errors.js';
import { BotEntry } from './bot-entry.js';
import {
  isLongEnough,
  isRecord,
  readEntry,
  readJsonFile,
  Variables,
} from '../../platform/config/config-file.js';
import type { Environment } from '../../platform/config/read-settings.js';

/** A bot besides that of TELEGRAM_BOT_TOKEN; null fields: as in the deployment. */
export interface BotProfile {
  /** Of `a-z 0-9 -`, beginning with a letter: so no key of a chat equals that of a bot. */
  readonly name: string;
  readonly token: string;
  readonly webhookSecret: string | null;
  readonly previousWebhookSecret: string | null;
  readonly systemPrompt: string | null;
  readonly model: string | null;
  readonly chatRateLimit: number | null;
  readonly allowedChats: readonly string[] | null;
}

export interface BotsFile {
  readonly bots: readonly BotProfile[];
  readonly secrets: readonly string[];
  /** Each names the bot and the field, and no secret. */
  readonly problems: readonly string[];
}

const EXAMPLE = '{"bots": {"support": {"token": "${SUPPORT_BOT_TOKEN}"}}}';

/** The values of TELEGRAM_BOT_TOKEN's bot: no other bot may have them. */
export interface MainBot {
  readonly token: string;
  readonly webhookSecrets: readonly string[];
}

/** Reads the file of bots, `{"bots": {"<name>": {...}}}`; `${NAME}` in a text is a variable of `env`. */
export function readBotsFile(path: string, env: Environment, main: MainBot): BotsFile {
  const problem = (text: string): BotsFile => ({ bots: [], secrets: [], problems: [text] });
  const file = readJsonFile(path, './bots.json');
  if ('problem' in file) return problem(file.problem);
  const entries = isRecord(file.content) ? file.content.bots : undefined;
  if (!isRecord(entries)) return problem(`has no object "bots" (for example ${EXAMPLE})`);
  return collect(Object.entries(entries), env, main);
}

function collect(
  entries: readonly (readonly [string, unknown])[],
  env: Environment,
  main: MainBot,
): BotsFile {
  const bots: BotProfile[] = [];
  const [secrets, problems]: [string[], string[]] = [[], []];
  const owners = new Map([[botIdOf(main.token), 'TELEGRAM_BOT_TOKEN']]);
  const taken = new Map(main.webhookSecrets.map((secret) => [secret, 'the bot of TELEGRAM_BOT_TOKEN']));
  for (const [name, given] of entries) {
    const variables = new Variables(env);
    const expanded = variables.expand(given, '');
    const reasons = [...variables.problems];
    const bot = reasons.length === 0 ? readBot(name, expanded, reasons) : null;
    const owner = bot && owners.get(botIdOf(bot.token));
    if (owner) reasons.push(`token is of the same bot as ${owner}; each bot has its own`);
    const own = bot ? secretsOf(bot) : [];
    for (const owned of new Set(own.flatMap((secret) => taken.get(secret) ?? [])))
      reasons.push(`webhookSecret, or the previous one, is that of ${owned} too; each bot has its own`);
    problems.push(...reasons.map((reason) => `bot ${JSON.stringify(name)}: ${reason}`));
    if (!bot) continue;
    owners.set(botIdOf(bot.token), `that of "${name}"`);
    bots.push(bot);
    for (const secret of own) taken.set(secret, `"${name}"`);
    secrets.push(bot.token, ...own);
  }
  return { bots, secrets: secrets.filter(isLongEnough), problems };
}

function secretsOf({ webhookSecret, previousWebhookSecret }: BotProfile): string[] {
  return [webhookSecret, previousWebhookSecret].filter((secret) => secret !== null);
}

/** The part before the colon: a renewed token belongs to the same bot. */
function botIdOf(token: string): string {
  return token.slice(0, token.indexOf(':'));
}

/** @returns null if `reasons` were found */
function readBot(name: string, given: unknown, reasons: string[]): BotProfile | null {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    reasons.push('its name must be 1-32 of a-z 0-9 - and begin with a letter (for example "support")');
  if (!isRecord(given)) {
    reasons.push(`must be an object (for example ${EXAMPLE})`);
    return null;
  }
  const entry = readEntry(BotEntry, given, reasons);
  const systemPrompt = promptOf(entry, reasons);
  if (reasons.length > 0) return null;
  return {
    name,
    token: entry.token,
    webhookSecret: entry.webhookSecret ?? null,
    previousWebhookSecret: entry.webhookSecretPrevious ?? null,
    systemPrompt,
    model: entry.model ?? null,
    chatRateLimit: entry.chatRateLimit ?? null,
    allowedChats: entry.allowedChats?.map(String) ?? null,
  };
}

function promptOf({ systemPrompt, systemPromptFile }: BotEntry, reasons: string[]): string | null {
  if (systemPromptFile === undefined) return systemPrompt ?? null;
  try {
    return readFileSync(systemPromptFile, 'utf8');
  } catch (error) {
    reasons.push(`systemPromptFile cannot be read: ${messageOf(error)} (for example ./support.md)`);
    return null;
  }
}
