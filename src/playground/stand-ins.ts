import { randomBytes } from 'node:crypto';
import type { Environment } from '../platform/config/read-settings.js';
import type { BotApiSimulator } from './bot-api-simulator.js';
import type { DemoModel } from './demo-model.js';

/** The stand-ins for services that are not configured. */
export interface StandIns {
  /** The environment with the stand-ins' addresses in it. */
  readonly env: Environment;
  /** Unset if a real bot token is given. */
  readonly simulator?: BotApiSimulator;
  /** Unset if a real model is given. */
  readonly model?: DemoModel;
  /** Gives the simulator the application's address: from now on it delivers updates there. */
  connect(applicationUrl: string): void;
  stop(): Promise<void>;
}

/**
 * Starts the Bot API simulator if TELEGRAM_BOT_TOKEN and TELEGRAM_BOTS_FILE are unset, and beside it the demo model if
 * OPENAI_API_KEY and OPENAI_BASE_URL are: a demo must not answer real people. The product then reaches both over HTTP
 * through the same settings as the real ones. Does nothing in production, and with APP_ROLE `web` or `worker`: each
 * process would have a simulator of its own.
 *
 * The simulator's updates come by webhook, as those of a deployed bot. The application's address is not known before it
 * listens, so it registers nothing (`passive`) and `connect` does it.
 */
export async function startStandIns(env: Environment): Promise<StandIns> {
  const alone = unset(env['APP_ROLE']) || env['APP_ROLE'] === 'all';
  const environment = env['NODE_ENV'];
  // The settings refuse an invalid environment, and here it counts as production.
  const allowed = (unset(environment) || ['development', 'test'].includes(String(environment))) && alone;
  // Further bots are real ones, beside a real one.
  const simulated = unset(env['TELEGRAM_BOT_TOKEN']) && unset(env['TELEGRAM_BOTS_FILE']);
  const simulator = allowed && simulated ? await startSimulator() : undefined;
  const model =
    allowed && simulated && unset(env['OPENAI_API_KEY']) && unset(env['OPENAI_BASE_URL'])
      ? await startModel()
      : undefined;
  const secret = unset(env['TELEGRAM_WEBHOOK_SECRET'])
    ? randomBytes(24).toString('base64url')
    : String(env['TELEGRAM_WEBHOOK_SECRET']);
  return {
    env: {
      ...env,
      ...(simulator ? telegramVariables(simulator, secret) : {}),
      ...(model ? modelVariables(model, env) : {}),
    },
    ...(simulator ? { simulator } : {}),
    ...(model ? { model } : {}),
    connect: (applicationUrl) =>
      simulator?.deliverTo(reachable(new URL('/webhook/telegram', applicationUrl)).href, secret),
    stop: async () => {
      await Promise.all([simulator?.stop(), model?.stop()]);
    },
  };
}

/** Imported here, because production has no stand-ins. */
async function startSimulator(): Promise<BotApiSimulator> {
  const { BotApiSimulator } = await import('./bot-api-simulator.js');
  return await BotApiSimulator.start();
}

async function startModel(): Promise<DemoModel> {
  const { DemoModel } = await import('./demo-model.js');
  return await DemoModel.start();
}

/** As in settings: an empty variable is an unset one. */
function unset(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}

function telegramVariables({ token, root }: BotApiSimulator, secret: string): Environment {
  return {
    TELEGRAM_BOT_TOKEN: token,
    TELEGRAM_API_ROOT: root,
    TELEGRAM_WEBHOOK_SECRET: secret,
    TELEGRAM_MODE: 'passive',
  };
}

function modelVariables({ baseUrl, name }: DemoModel, env: Environment): Environment {
  return {
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: 'the-demo-model-takes-any-key',
    OPENAI_MODEL: unset(env['OPENAI_MODEL']) ? name : env['OPENAI_MODEL'],
  };
}

/** An application that listens on every address is reached on the loopback address. */
function reachable(url: URL): URL {
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url;
}
