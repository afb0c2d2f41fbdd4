import { once } from 'node:events';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type IsolatedMessage,
  type IsolatedRun,
  isIsolatedRun,
  isIsolatedStop,
} from './agent/loop/isolation/isolated-messages.js';
import { TurnRunner } from './agent/loop/turn-runner.js';
import { AppModule } from './app.module.js';
import type { Environment } from './platform/config/read-settings.js';
import { secretsOf } from './platform/config/setting-secrets.js';
import { loadSettings } from './settings/settings.js';
import { messageOf } from './platform/errors/errors.js';
import { PinoLoggerService } from './platform/observability/pino-logger.service.js';
import { outliveOwnedErrors } from './process.js';
import { Stopping } from './platform/runtime/stopping.js';

/** The parent counts its checks by it. */
const ALIVE_EVERY_MS = 1_000;
/** The limit for an orderly end. */
const END_WITHIN_MS = 10_000;
/** The signals that ask other processes to end: see `serveIsolatedRun`. */
const UNHEEDED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One turn runs here. */
const POOL_SIZE = 3;

/**
 * Makes one run of one turn for the process that started this one: a turn that is suspected of ending its process. It is
 * gone when the run has ended, and when its parent is. It hands the run back when its parent tells it to, and by no signal:
 * one may come from what the turn itself has started, and would end each run of it in order, which nobody counts.
 */
export async function serveIsolatedRun(env: Environment): Promise<void> {
  for (const signal of UNHEEDED) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit(1));
  // The parent may have gone while the program was loaded.
  if (!process.connected) process.exit(1);
  setInterval(() => tell({ kind: 'alive' }), ALIVE_EVERY_MS);
  const app = await open(env);
  outliveOwnedErrors();
  const close = (): Promise<void> => app.close();
  process.on('message', (message) => isIsolatedStop(message) && void close());
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
  const logger = new PinoLoggerService({ settings: settings.log, redactValues: secretsOf(settings) });
  const module = await AppModule.forIsolatedRun(settings);
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
  const lease = { conversationId, lane: 'turns', token: BigInt(run.token), isBorrowed: true } as const;
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

/** Resolves when it is sent; the parent may be gone by then. */
async function tellAndWait(message: IsolatedMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}
