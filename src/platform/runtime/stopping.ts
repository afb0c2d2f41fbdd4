import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';

/** How long running work may continue after the process was asked to stop. */
export const GRACE_MS = 5_000;

/** Signals the end of the process to long-running work: first to begin nothing new, after a grace time to hand back. */
@Injectable()
export class Stopping implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly asked = new AbortController();
  private readonly urgent = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** Aborted: begin nothing new. */
  get soon(): AbortSignal {
    return this.asked.signal;
  }

  /** Aborted: leave running work in a state from which another process can continue. */
  get now(): AbortSignal {
    return this.urgent.signal;
  }

  /** Makes the end of the process wait for this work: for a grace time, and then until it has handed back. */
  async track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }

  onModuleDestroy(): void {
    this.asked.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const timer = setTimeout(() => this.urgent.abort(), GRACE_MS);
    while (this.running.size > 0) await Promise.allSettled(this.running);
    clearTimeout(timer);
    this.urgent.abort();
  }
}
