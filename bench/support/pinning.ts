import { availableParallelism } from 'node:os';
import { findProgram } from '../../test/support/find-program.js';

/** A part of the benchmark: the measured one, and the load generator. */
export type Part = 'server' | 'load';

const core: Readonly<Record<Part, string>> = { server: '0', load: '1' };
const taskset = availableParallelism() > 1 ? findProgram('taskset') : null;

/** Whether the server and the load generator each have a core; otherwise the scheduler places them. */
export const pinned = taskset !== null;

/** The command that runs `args` under Node.js on the core of its part; null: on any core. */
export function nodeCommand(
  part: Part | null,
  args: readonly string[],
): readonly [string, readonly string[]] {
  if (part === null || taskset === null) return [process.execPath, args];
  return [taskset, ['-c', core[part], process.execPath, ...args]];
}
