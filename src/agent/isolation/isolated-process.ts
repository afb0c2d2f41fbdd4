import { type ChildProcess, fork } from 'node:child_process';
import type { TurnOutcome } from '../turn/turn-outcome.js';
import type { IsolatedEntry } from './isolated-entry.js';
import { type IsolatedMessage, type IsolatedRun, isIsolatedMessage } from './isolated-messages.js';

/** A process that says nothing for so long is as dead as a worker that renews no lease. */
const SILENCE_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
/** To load the program and to reach the database, on a slow machine. */
const START_WITHIN_MS = 60_000;

/** What became of a run in a process of its own. */
export type IsolatedEnd =
  | { readonly kind: 'ended'; readonly outcome: TurnOutcome }
  | { readonly kind: 'broken'; readonly error: string }
  /** The process ended in the middle of the run. */
  | { readonly kind: 'died'; readonly how: string }
  /** Somebody has asked the process to end, as with all of a service or a terminal. */
  | { readonly kind: 'stopped' }
  /** The run has not begun: the process could not be started. */
  | { readonly kind: 'absent'; readonly why: string };

/** One process for one run of one turn. It ends with this process, whatever becomes of that. */
export class IsolatedProcess {
  /** Resolves when the run has ended. */
  readonly end: Promise<IsolatedEnd>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private begun = false;
  /** Looks at it since it last said something. */
  private silentLooks = 0;
  private tell: (end: IsolatedEnd) => void = () => undefined;

  /** @param stopping aborts when the run is to be handed back soon */
  constructor(
    file: string,
    { args, env }: IsolatedEntry,
    databaseUrl: string,
    private readonly run: IsolatedRun,
    private readonly stopping: AbortSignal,
  ) {
    this.end = new Promise((resolve) => {
      this.tell = resolve;
    });
    this.child = fork(file, [...args], {
      env: { ...env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.gone = this.follow();
  }

  private async follow(): Promise<void> {
    const { child, stopping } = this;
    const kill = (): void => void child.kill('SIGKILL');
    const stop = (): void => void child.kill('SIGTERM');
    const look = setInterval(() => this.look(), LOOK_EVERY_MS);
    process.once('exit', kill);
    stopping.addEventListener('abort', stop, { once: true });
    child.on('message', (message) => this.hear(message));
    const how = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      // It could not be spawned, and there is no exit then; or it cannot be told something, and there is one.
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    clearInterval(look);
    process.removeListener('exit', kill);
    stopping.removeEventListener('abort', stop);
    // Of a run that has ended already this changes nothing.
    this.tell(endOf(how, this.begun));
  }

  private hear(message: unknown): void {
    this.silentLooks = 0;
    if (isIsolatedMessage(message)) this.heed(message);
  }

  private heed(message: IsolatedMessage): void {
    switch (message.kind) {
      case 'ready':
        if (this.stopping.aborted) return void this.child.kill('SIGTERM');
        this.child.send(this.run, () => undefined);
        return;
      case 'begun':
        this.begun = true;
        return;
      case 'alive':
        return;
      case 'ended':
        return this.tell({ kind: 'ended', outcome: message.outcome });
      case 'broken':
        return this.tell({ kind: 'broken', error: message.error });
    }
  }

  /** Counts looks, not time: where this process was suspended, what the other has said meanwhile is heard first. */
  private look(): void {
    this.silentLooks += 1;
    const patienceMs = this.begun ? SILENCE_MS : START_WITHIN_MS;
    if (this.silentLooks * LOOK_EVERY_MS > patienceMs) this.child.kill('SIGKILL');
  }
}

function endOf(how: string, begun: boolean): IsolatedEnd {
  if (how === 'SIGTERM' || how === 'SIGINT') return { kind: 'stopped' };
  return begun ? { kind: 'died', how } : { kind: 'absent', why: how };
}
