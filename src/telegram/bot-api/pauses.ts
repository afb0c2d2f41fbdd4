import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { backoffMs } from '../../platform/runtime/backoff.js';
import { Random } from '../../platform/runtime/random.js';

/** From half a second, so that a server that is just starting is found soon, to a minute, so that none is hammered. */
const BACKOFF = { baseMs: 500, maxMs: 60_000 };

/** The waits of calls to Telegram that no request awaits; an injectable, so that tests don't wait. */
@Injectable()
export class Pauses {
  constructor(private readonly random: Random) {}

  /** The pause after this many failures in a row (1 or more). */
  afterFailures(failures: number): number {
    return backoffMs(failures, BACKOFF, this.random.next());
  }

  /** Resolves after `ms`, or at once when `signal` is aborted: the caller checks its signal anyway. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(ms, undefined, { signal });
    } catch {
      // Aborted.
    }
  }
}
