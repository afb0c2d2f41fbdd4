import type { RunningApplication } from './application.js';
import type { Settings } from './settings/settings.js';
import { embeddedFolder } from './platform/database/embedded-postgres.js';

/** The setup of a process, in one log line: no secret. */
export interface StartSummary {
  readonly url: string;
  readonly mode: string;
  readonly telegram: string;
  readonly model: string;
  readonly database: string;
  readonly queue: string;
  /** The address for talking to the bot without a token. */
  readonly playground?: string;
}

/** Tells which Telegram, model, database and queue a process has. Pure. */
export function startSummary({ url, settings, standIns }: Omit<RunningApplication, 'stop'>): StartSummary {
  const { server, database, redis } = settings;
  return {
    url,
    mode: `NODE_ENV=${server.nodeEnv}, APP_ROLE=${server.role}`,
    telegram: standIns.simulator
      ? 'simulated: set TELEGRAM_BOT_TOKEN for a real one'
      : realTelegram(settings),
    model: standIns.model
      ? 'the demo model: set OPENAI_API_KEY or OPENAI_BASE_URL for a real one'
      : `${settings.model.model} at ${settings.model.baseUrl ?? 'https://api.openai.com/v1'}`,
    database: database.url ? placeOf(database.url) : `embedded in ${embeddedFolder(database.dataDir)}`,
    queue: redis.url ? `Redis at ${placeOf(redis.url)}` : 'in the database',
    ...(standIns.simulator ? { playground: `${url}/playground` } : {}),
  };
}

function realTelegram({ telegram }: Settings): string {
  const bots = telegram.ofAll().length;
  const way =
    telegram.receiving === 'webhook' ? `webhook at ${telegram.webhookUrl ?? ''}` : telegram.receiving;
  return `${telegram.apiRoot}, ${way}${bots > 1 ? `, ${bots} bots` : ''}`;
}

/** Host and path of an address: its user, password and options may be secrets. */
function placeOf(address: string): string {
  if (!URL.canParse(address)) return 'an address that is not shown';
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
