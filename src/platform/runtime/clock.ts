import { Injectable } from '@nestjs/common';

/** This process's time. Leases and limits that several processes share use the database's or Redis's clock instead. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }

  /** Milliseconds since some moment in the past, independent of changes of the clock: for measuring durations. */
  monotonicMs(): number {
    return performance.now();
  }
}
