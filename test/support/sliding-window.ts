import { SlidingWindow, type WindowHits } from '../../src/platform/throttling/sliding-window.js';
import { decideWindow } from '../../src/platform/throttling/window-decision.js';

/** The SlidingWindow port in memory, on a clock the test moves; it can be unreachable or silent. */
export class MemorySlidingWindow extends SlidingWindow {
  now = 1_000_000;
  /** Keys in the order of their requests. */
  readonly asked: string[] = [];
  state: 'reachable' | 'unreachable' | 'silent' = 'reachable';
  private readonly windows = new Map<string, readonly number[]>();

  async takeHits(key: string, wanted: number, limit: number, periodMs: number): Promise<WindowHits> {
    this.asked.push(key);
    if (this.state === 'unreachable') throw new Error('connect ECONNREFUSED');
    if (this.state === 'silent') return new Promise<never>(() => undefined);
    const { hits, ...taken } = decideWindow(this.windows.get(key) ?? [], this.now, wanted, limit, periodMs);
    this.windows.set(key, hits);
    return { ...taken, at: this.now };
  }

  async forget(key: string): Promise<void> {
    if (this.state === 'unreachable') throw new Error('connect ECONNREFUSED');
    this.windows.delete(key);
    return Promise.resolve();
  }
}
