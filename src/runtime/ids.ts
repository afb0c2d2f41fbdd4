import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Makes ids: UUID version 7 (RFC 9562), so that newer rows sort after older ones and indexes stay dense. */
@Injectable()
export class Ids {
  next(): string {
    return v7();
  }
}
