import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { transpiledProject } from './transpiled.js';

/** The product in a process of its own. */
export interface ChildApp {
  readonly url: string;
  /** Resolves with the way of its end, by itself or not. */
  readonly ended: Promise<string>;
  /** kill -9: it cannot finish anything. */
  kill(): Promise<void>;
}

/**
 * Starts it, and resolves when it listens. It also ends with the test's own process.
 * @param root the folder of another version of the project, made by `transpileInto`
 * @param tools a module of the project, e.g. `test/support/x.js`, whose classes are its additional tools
 */
export async function startChildApp(env: Environment, root?: string, tools = ''): Promise<ChildApp> {
  const folder = root ?? (await transpiledProject());
  const child = fork(fileURLToPath(new URL('child-app.mjs', import.meta.url)), [folder, tools], {
    // Only the paths of programs from this process's own settings.
    env: { PATH: process.env.PATH, ...env },
    execArgv: [],
  });
  const killNow = () => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const url = await Promise.race([firstMessage(child), death(child)]);
  return {
    url,
    ended: exitOf(child),
    kill: async () => {
      process.removeListener('exit', killNow);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function firstMessage(child: ChildProcess): Promise<string> {
  const [message] = await once(child, 'message');
  return String(message);
}

async function death(child: ChildProcess): Promise<never> {
  throw new Error(`the process ended with ${await exitOf(child)} while starting`);
}

async function exitOf(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null) return String(child.signalCode ?? child.exitCode);
  const [code, signal]: unknown[] = await once(child, 'exit');
  return String(signal ?? code);
}
