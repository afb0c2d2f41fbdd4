import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';

/** How long work under way may go on after the process was asked to end. */
export const GRACE_MS = 5_000;

/** Tells long-running work that the process ends: first to begin nothing new, after a grace time to hand back. */
@Injectable()
export class Stopping implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly asked = new AbortController();
  private readonly urgent = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** Aborted: begin nothing new. */
  get soon(): AbortSignal {
    return this.asked.signal;
  }

  /** Aborted: give up what is under way in a state that another process can go on from. */
  get now(): AbortSignal {
    return this.urgent.signal;
  }

  /** The end of the process waits for this work, a grace time long and then until it has handed back. */
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
