import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const UNSHARE = ['--map-root-user', '--net'] as const;
const runModule = new URL('run-module.mjs', import.meta.url).pathname;
const possible = spawnSync('unshare', [...UNSHARE, 'ip', 'link', 'set', 'lo', 'up']).status === 0;

/** A suite whose modules run in network namespaces. Without REQUIRE_SERVICES=1 it is skipped if there can be none. */
export const describeInNamespaces = describe.skipIf(!possible && process.env.REQUIRE_SERVICES !== '1');

/**
 * Runs `main` of a module in a process whose network is a loopback device only.
 * @param setUp commands of a shell, run there before as root of the namespace
 * @returns its standard output
 * @throws for another exit code than 0, with its standard error
 */
export async function runInNamespace(module: string, setUp: readonly string[]): Promise<string> {
  const shell = ['set -e', 'ip link set lo up', ...setUp, 'exec "$@"'].join('\n');
  const command = [process.execPath, runModule, module];
  const { stdout } = await promisify(execFile)('unshare', [...UNSHARE, 'sh', '-c', shell, 'sh', ...command]);
  return stdout;
}
