import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoggedStep } from './evidence.js';
import type { FreezableProxy } from './freezable-proxy.js';
import type { Strike, StrikeKind } from './strikes.js';

const STRINGS = fileURLToPath(new URL('strings.mjs', import.meta.url));
const STOP_WITHIN_MS = 20_000;
const KEPT_LINES = 4_000;

export type Role = 'web' | 'worker';

/**
 * A supervised process of the product: when it ends, another is started. All its output and events are kept, for the
 * oracle and for the analysis of a failure.
 */
export class SupervisedProcess {
  /** The faults of its processes. */
  readonly strikes: Strike[] = [];
  readonly steps: LoggedStep[] = [];
  /** Unrequested ends after the process had started. */
  readonly deaths: string[] = [];
  /** Faulty ends on request: another exit code than 0, or too late. */
  readonly badEnds: string[] = [];
  /** Failed starts: a part it needs was down. A supervisor tries again. */
  failedStarts = 0;
  readonly log: string[] = [];

  private child: ChildProcess | null = null;
  private url: string | null = null;
  private generation = 0;
  private suspended = false;
  private doomed: (() => void) | null = null;
  private closed = false;

  constructor(
    private readonly role: Role,
    private readonly index: number,
    private readonly main: string,
    /** The settings of a process, by its name. */
    private readonly envOf: (caller: string) => Readonly<Record<string, string>>,
  ) {}

  /** The address of the listening process; null while there is none. */
  get address(): string | null {
    return this.url;
  }

  /** Identifies the present process to the model, by its API key. */
  get caller(): string {
    return `${this.role}${this.index}-${this.generation}`;
  }

  start(): void {
    if (this.closed) return;
    this.generation += 1;
    const { caller } = this;
    const child = spawn(process.execPath, ['--import', STRINGS, this.main], {
      env: {
        PATH: process.env.PATH ?? '',
        ...this.envOf(caller),
        APP_ROLE: this.role,
        OPENAI_API_KEY: caller,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    // It also ends with the test's own process.
    const killNow = () => void child.kill('SIGKILL');
    process.once('exit', killNow);
    child.once('exit', () => process.removeListener('exit', killNow));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.read(child, line));
    }
    child.on('error', () => undefined);
    child.on('message', (message) => this.hear(caller, message));
    child.once('exit', (code, signal) => this.ended(child, caller, `${code ?? signal}`));
  }

  /** kill -9; a new process after `downMs`. False without a process to kill. */
  async kill(downMs: number): Promise<boolean> {
    const { caller } = this;
    const child = this.release();
    if (!child) return false;
    const strike = this.strike('death', caller);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    strike.until = Date.now();
    await pause(downMs);
    this.start();
    return true;
  }

  /** SIGTERM; a new process when it has ended. False if none has started. */
  async roll(): Promise<boolean> {
    if (this.url === null || this.suspended) return false;
    const { caller } = this;
    const child = this.release();
    if (!child) return false;
    const strike = this.strike('death', caller);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const [code, signal] = await exit;
    strike.until = Date.now();
    clearTimeout(late);
    if (code !== 0) this.badEnds.push(`${caller} ended with ${String(code ?? signal)}`);
    this.start();
    return true;
  }

  /** SIGSTOP, and SIGCONT after `forMs`. False without a process to suspend. */
  async suspend(forMs: number): Promise<boolean> {
    const { child, caller } = this;
    if (!child || this.suspended || this.url === null) return false;
    const strike = this.strike('pause', caller);
    this.suspended = true;
    child.kill('SIGSTOP');
    await pause(forMs);
    strike.until = Date.now();
    if (this.child === child) this.suspended = false;
    child.kill('SIGCONT');
    return true;
  }

  /**
   * Cuts it off from its database for `forMs`, or delays each packet by `delayMs`. False if it has not started, or is
   * cut off already.
   */
  async hinder(proxy: FreezableProxy, forMs: number, delayMs: number | null): Promise<boolean> {
    if (this.url === null || this.suspended) return false;
    const { child, caller } = this;
    const strike = this.strike('pause', caller);
    this.suspended = true;
    if (delayMs === null) proxy.freeze();
    else proxy.slowDown(delayMs);
    await pause(forMs);
    proxy.slowDown(0);
    proxy.thaw();
    strike.until = Date.now();
    if (this.child === child) this.suspended = false;
    return true;
  }

  /** Moves the process's wall clock away from the true time. */
  moveClock(byMs: number): boolean {
    if (!this.child?.connected) return false;
    this.child.send({ clockMs: byMs }, () => undefined);
    return true;
  }

  /** Kills it at a named point of its work, and then calls `onDeath`. With null: lets it live. */
  doom(point: string | null, onDeath: () => void = () => undefined): void {
    this.doomed = point === null ? null : onDeath;
    this.child?.send({ dieAt: point }, () => undefined);
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.closed = true;
    const child = this.release();
    if (!child) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  private strike(kind: StrikeKind, caller: string): Strike {
    const strike = { kind, caller, from: Date.now(), until: Number.POSITIVE_INFINITY };
    this.strikes.push(strike);
    return strike;
  }

  /** Takes the process out of supervision: its end is expected from now on. */
  private release(): ChildProcess | null {
    const { child } = this;
    if (!child) return null;
    // Its present faults end with it.
    const now = Date.now();
    for (const strike of this.strikes) strike.until = Math.min(strike.until, now);
    this.child = null;
    this.url = null;
    this.suspended = false;
    return child;
  }

  private ended(child: ChildProcess, caller: string, how: string): void {
    if (this.child !== child) return;
    const started = this.url !== null;
    this.release();
    this.strike('death', caller).until = Date.now();
    if (this.doomed) {
      this.doomed();
      return this.start();
    }
    this.log.push(`--- ${caller} ended by itself with ${how}`);
    if (started) this.deaths.push(`${caller} ended by itself with ${how}`);
    else this.failedStarts += 1;
    setTimeout(() => this.start(), 500);
  }

  /** A process reports when it could not run for a while without a suspension: the machine was busy. */
  private hear(caller: string, message: unknown): void {
    if (typeof message !== 'object' || message === null || !('stalledMs' in message)) return;
    const [from, until] = [Date.now() - Number(message.stalledMs), Date.now()];
    // A suspended or ended process reports too.
    if (this.strikes.some((known) => known.caller === caller && known.from <= until && known.until >= from))
      return;
    this.strikes.push({ kind: 'pause', caller, from, until });
  }

  private read(child: ChildProcess, line: string): void {
    this.log.push(line);
    if (this.log.length > KEPT_LINES) this.log.splice(0, KEPT_LINES / 2);
    const entry = parse(line);
    if (entry['msg'] === 'listening' && this.child === child) this.url = String(entry['url']);
    if (entry['msg'] === 'tool called' || entry['msg'] === 'model answered') {
      this.steps.push({ turnId: String(entry['turnId']), index: Number(entry['index']), at: Date.now() });
    }
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
