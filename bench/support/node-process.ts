import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { nodeCommand, type Part } from './pinning.js';

const START_TIMEOUT_MS = 30_000;

export interface NodeProcessOptions {
  readonly args: readonly string[];
  /** The whole environment but PATH: the shell's does not affect the measurement. */
  readonly env?: Readonly<Record<string, string>>;
  readonly part: Part | null;
  /** With a channel for messages. */
  readonly ipc?: boolean;
}

/** Processes that end with the benchmark. One listener for all: Node.js warns of more than ten. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A Node.js process of the benchmark; it dies with it. */
export class NodeProcess {
  private constructor(readonly child: ChildProcess) {
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  static start({ args, env = {}, part, ipc = false }: NodeProcessOptions): NodeProcess {
    const [command, commandArgs] = nodeCommand(part, args);
    const stdio: StdioOptions = ipc ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['ignore', 'pipe', 'inherit'];
    const child = spawn(command, commandArgs, { stdio, env: { PATH: process.env.PATH ?? '', ...env } });
    return new NodeProcess(child);
  }

  /**
   * Resolves with the port once the process has printed its address, `http://127.0.0.1:<port>`.
   * @throws Error with its output, when it ends before
   */
  async port(): Promise<number> {
    const { stdout } = this.child;
    if (!stdout) throw new Error('the process has no output');
    const printed: string[] = [];
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), START_TIMEOUT_MS);
    for await (const line of createInterface({ input: stdout })) {
      printed.push(line);
      const port = line.includes('listening') ? /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1] : undefined;
      if (port === undefined) continue;
      clearTimeout(impatience);
      stdout.resume();
      return Number(port);
    }
    throw new Error(`a process of the benchmark did not start:\n${printed.slice(-10).join('\n')}`);
  }

  /** Asks it to end, and kills it after five seconds. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    this.child.kill('SIGTERM');
    await exit;
    clearTimeout(impatience);
  }
}
