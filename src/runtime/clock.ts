import { Injectable } from '@nestjs/common';

/** This process's time. Leases and limits that several processes share use the database's or Redis's clock instead. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }

  /** Milliseconds since some moment in the past, which no setting of the clock changes: to tell how long something takes or lasts. */
  monotonicMs(): number {
    return performance.now();
  }
}
