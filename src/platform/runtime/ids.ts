import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Makes ids: UUID version 7 (RFC 9562), so that newer rows sort after older ones and indexes stay dense. */
@Injectable()
export class Ids {
  next(): string {
    return v7();
  }
}

/** The smallest id that can be made at `time`: every earlier id sorts below it. */
export function smallestIdOf(time: Date): string {
  return v7({ msecs: time.getTime(), seq: 0, random: new Uint8Array(16) });
}
