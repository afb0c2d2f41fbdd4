import { ownerOfStrayError } from './stray-errors.js';

let refused = false;

/**
 * Stops owned work from ending the process: `process.exit()`, and a signal of the process to itself, throw within a
 * turn or a tool call; some packages exit for a wrong argument. Such an end counts as no death, so the turn would
 * repeat it in each process that continues it. Call it once in a process.
 */
export function refuseOwnedEnds(): void {
  if (refused) return;
  refused = true;
  const exit = process.exit.bind(process);
  const kill = process.kill.bind(process);
  process.exit = (code) => {
    refuse('process.exit()');
    return exit(code);
  };
  process.kill = (pid, signal) => {
    const isItself = pid === 0 || Math.abs(pid) === process.pid;
    if (isItself && signal !== 0) refuse(`a signal to its own process (${signal ?? 'SIGTERM'})`);
    return kill(pid, signal);
  };
}

function refuse(what: string): void {
  const owner = ownerOfStrayError();
  if (owner) throw new Error(`${what} is refused: the process is not the own one of ${owner.name}`);
}
