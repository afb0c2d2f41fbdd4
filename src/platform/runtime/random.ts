import { Injectable } from '@nestjs/common';

/** Randomness for jitter. */
@Injectable()
export class Random {
  /** In [0, 1). */
  next(): number {
    return Math.random();
  }
}
