import { type ChildProcess, fork } from 'node:child_process';
import type { TurnOutcome } from '../../turns/turn-outcome.js';
import type { IsolatedEntry } from './isolated-entry.js';
import {
  type IsolatedMessage,
  type IsolatedRun,
  type IsolatedStop,
  isIsolatedMessage,
} from './isolated-messages.js';

/** A process that is silent for so long counts as dead, like a worker that renews no lease. */
const SILENCE_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
/** The time to load the program and to reach the database, on a slow machine. */
const START_WITHIN_MS = 60_000;

/** The outcome of a run in an isolated process. */
export type IsolatedEnd =
  | { readonly kind: 'ended'; readonly outcome: TurnOutcome }
  | { readonly kind: 'broken'; readonly error: string }
  /** The process died in the middle of the run. */
  | { readonly kind: 'died'; readonly how: string }
  /** The run has not begun: the process did not start. */
  | { readonly kind: 'absent'; readonly why: string };

/** One process for one run of one turn. It ends with this process in any case. */
export class IsolatedProcess {
  /** Resolves when the run has ended. */
  readonly end: Promise<IsolatedEnd>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private asked = false;
  private begun = false;
  /** Checks since its last message. */
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
    const stop = (): void => this.stop();
    const look = setInterval(() => this.look(), LOOK_EVERY_MS);
    process.once('exit', kill);
    stopping.addEventListener('abort', stop, { once: true });
    child.on('message', (message) => this.hear(message));
    const how = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      // Either it could not be spawned, and no exit follows; or a message could not be sent, and an exit follows.
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    clearInterval(look);
    process.removeListener('exit', kill);
    stopping.removeEventListener('abort', stop);
    // This changes nothing for a run that has ended.
    this.tell(this.begun ? { kind: 'died', how } : { kind: 'absent', why: how });
  }

  /** Uses no signal: anyone who can signal a process may signal this one too. */
  private stop(): void {
    if (!this.asked) return void this.child.kill('SIGKILL');
    const stop: IsolatedStop = { kind: 'stop' };
    this.child.send(stop, () => undefined);
  }

  private hear(message: unknown): void {
    this.silentLooks = 0;
    if (isIsolatedMessage(message)) this.heed(message);
  }

  private heed(message: IsolatedMessage): void {
    switch (message.kind) {
      case 'ready':
        if (this.stopping.aborted) return this.stop();
        this.asked = true;
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

  /** Counts checks, not time: after this process was suspended, the other's queued messages are read first. */
  private look(): void {
    this.silentLooks += 1;
    const patienceMs = this.begun ? SILENCE_MS : START_WITHIN_MS;
    if (this.silentLooks * LOOK_EVERY_MS > patienceMs) this.child.kill('SIGKILL');
  }
}
