import { ForksPoolWorker, type PoolOptions, type PoolWorker, type WorkerRequest } from 'vitest/node';

/** Runs in one process: each leaves its modules behind, and what their tests did not close, such as connections. */
const MAX_RUNS = 100;

type Listener = (argument: unknown) => void;

/**
 * The process that runs the tests, kept between runs: starting a new one and loading all packages takes longer than
 * most tests. Vitest asks for a worker, starts it and stops it for each run; this one stays for 100 of them, or until its
 * `end`.
 */
export class KeptWorker implements PoolWorker {
  readonly name = 'kept';
  readonly cacheFs = true;
  private fork: ForksPoolWorker | null = null;
  private runs = 0;
  private listeners: { readonly event: string; readonly listener: Listener }[] = [];

  constructor(private readonly options: () => PoolOptions) {}

  async start(): Promise<void> {
    this.runs += 1;
    if (this.runs > MAX_RUNS) await this.end();
    if (this.fork) return;
    this.runs = 1;
    const fork = new ForksPoolWorker(this.options());
    await fork.start();
    // One that dies, for example of a test that takes all memory, is followed by another.
    fork.on('exit', () => {
      if (this.fork === fork) this.fork = null;
    });
    this.fork = fork;
  }

  on(event: string, listener: Listener): void {
    this.listeners.push({ event, listener });
    this.fork?.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.listeners = this.listeners.filter((one) => one.listener !== listener);
    this.fork?.off(event, listener);
  }

  send(message: WorkerRequest): void {
    if (message.type !== 'stop') return this.fork?.send(message);
    const stopped = { type: 'stopped', __vitest_worker_response__: true };
    // As they are now: a listener may take itself off.
    for (const { listener } of this.listeners.filter(({ event }) => event === 'message')) listener(stopped);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  /** Of one run: its listeners go. */
  stop(): Promise<void> {
    // `off` replaces this list by a new one.
    for (const { event, listener } of this.listeners) this.off(event, listener);
    return Promise.resolve();
  }

  async end(): Promise<void> {
    await this.fork?.stop();
    this.fork = null;
  }
}
