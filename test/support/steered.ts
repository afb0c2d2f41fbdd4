import { Clock } from '../../src/platform/runtime/clock.js';
import { Random } from '../../src/platform/runtime/random.js';

/** This process's time, moved by the test. */
export class SteeredClock extends Clock {
  aheadMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  override monotonicMs(): number {
    return performance.now() + this.aheadMs;
  }
}

/** No jitter: every pause is the shortest it can be. */
export class NoJitter extends Random {
  override next(): number {
    return 0;
  }
}
