import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/config/read-settings.js';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The product in a process of its own. */
export interface ChildApp {
  readonly url: string;
  /** kill -9: it gets no chance to finish anything. */
  kill(): Promise<void>;
}

/**
 * Starts it, and resolves when it listens. It also ends with the test's own process.
 * @param root the folder of another version of the project
 */
export async function startChildApp(env: Environment, root = ROOT): Promise<ChildApp> {
  const child = fork(fileURLToPath(new URL('child-app.mjs', import.meta.url)), [root], {
    // Nothing of this process's own settings but where programs are.
    env: { PATH: process.env.PATH, ...env },
    execArgv: [],
  });
  const killNow = () => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const url = await Promise.race([firstMessage(child), death(child)]);
  return {
    url,
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
  const [code] = await once(child, 'exit');
  throw new Error(`the process ended with ${String(code)} while starting`);
}
