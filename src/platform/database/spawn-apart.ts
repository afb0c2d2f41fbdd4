import { spawn } from 'node:child_process';
import type { Launch } from './server-account.js';

/**
 * Starts a program outside this process tree: `nest start --watch` kills a process with all its descendants, one by
 * one, which to PostgreSQL is a crash; and a session of its own keeps Ctrl-C away from it. A shell starts it and ends.
 * @param log a file's descriptor, for its output
 * @returns its process id
 */
export async function spawnApart(
  launch: Launch,
  env: Readonly<Record<string, string>>,
  log: number,
): Promise<number> {
  const windows = process.platform === 'win32';
  const [command, args] = windows
    ? [launch.command, launch.args]
    : ['/bin/sh', ['-c', '"$@" >&3 2>&3 3>&- & echo $!', 'sh', launch.command, ...launch.args]];
  const child = spawn(command, args, {
    ...launch.account,
    cwd: '/',
    env,
    stdio: windows ? ['ignore', log, log] : ['ignore', 'pipe', log, log],
    detached: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once(windows ? 'spawn' : 'close', resolve).once('error', reject);
  });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await ended;
  child.unref();
  const pid = windows ? child.pid : Number(printed);
  if (pid === undefined || !Number.isSafeInteger(pid) || pid <= 0)
    throw new Error('the program was not started');
  return pid;
}
