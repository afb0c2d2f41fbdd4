import { once } from 'node:events';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type IsolatedMessage,
  type IsolatedRun,
  isIsolatedRun,
} from './agent/isolation/isolated-messages.js';
import { TurnRunner } from './agent/turn/turn-runner.js';
import { AppModule } from './app.module.js';
import type { Environment } from './config/read-settings.js';
import { secretsOf } from './config/setting-secrets.js';
import { loadSettings } from './config/settings.js';
import { messageOf } from './errors/errors.js';
import { PinoLogger } from './observability/pino-logger.service.js';
import { outliveOwnedErrors } from './process.js';
import { Stopping } from './runtime/stopping.js';

/** The parent counts its looks by it. */
const ALIVE_EVERY_MS = 1_000;
/** However its end is held up. */
const END_WITHIN_MS = 10_000;
/** One turn runs here. */
const POOL_SIZE = 3;

/**
 * Makes one run of one turn for the process that started this one: a turn that is suspected of ending its process. It is
 * gone when the run has ended, and when its parent is.
 */
export async function serveIsolatedRun(env: Environment): Promise<void> {
  process.once('disconnect', () => process.exit(1));
  // It may have gone while the program was loaded.
  if (!process.connected) process.exit(1);
  setInterval(() => tell({ kind: 'alive' }), ALIVE_EVERY_MS);
  const app = await open(env);
  outliveOwnedErrors();
  const close = (): Promise<void> => app.close();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close());
  const run = await ask();
  tell({ kind: 'begun' });
  await tellAndWait(await make(app, run));
  setTimeout(() => process.exit(0), END_WITHIN_MS).unref();
  await close();
  process.exit(0);
}

async function open(env: Environment): Promise<INestApplicationContext> {
  const settings = loadSettings(env);
  settings.database.poolSize = POOL_SIZE;
  const logger = new PinoLogger({ settings: settings.log, redactValues: secretsOf(settings) });
  const module = AppModule.forIsolatedRun(settings);
  return await NestFactory.createApplicationContext(module, { logger, abortOnError: false });
}

async function ask(): Promise<IsolatedRun> {
  const answer = firstRun();
  tell({ kind: 'ready' });
  return await answer;
}

async function firstRun(): Promise<IsolatedRun> {
  for (;;) {
    const [message]: unknown[] = await once(process, 'message');
    if (isIsolatedRun(message)) return message;
  }
}

async function make(app: INestApplicationContext, run: IsolatedRun): Promise<IsolatedMessage> {
  const { conversationId, turnId } = run;
  const lease = { conversationId, lane: 'turns', token: BigInt(run.token) } as const;
  try {
    const work = app.get(TurnRunner, { strict: false }).goOnFor(lease, turnId);
    return { kind: 'ended', outcome: await app.get(Stopping).track(work) };
  } catch (error) {
    return { kind: 'broken', error: messageOf(error) };
  }
}

function tell(message: IsolatedMessage): void {
  void tellAndWait(message);
}

/** Resolves when it is on its way; the parent may be gone by then. */
async function tellAndWait(message: IsolatedMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}
