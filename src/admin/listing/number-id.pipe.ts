import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';

/** Reads a number that is an id; answers 404 for a text that cannot be one, as for an unknown one. */
@Injectable()
export class NumberIdPipe implements PipeTransform<string, bigint> {
  transform(id: string): bigint {
    if (!/^\d{1,18}$/.test(id)) throw new NotFoundException('There is none with this id');
    return BigInt(id);
  }
}
