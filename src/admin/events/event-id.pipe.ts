import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';

/** Reads the number of an event; answers 404 for a text that cannot be one, as for an unknown one. */
@Injectable()
export class EventIdPipe implements PipeTransform<string, bigint> {
  transform(id: string): bigint {
    if (!/^\d{1,18}$/.test(id)) throw new NotFoundException('There is no event with this id');
    return BigInt(id);
  }
}
