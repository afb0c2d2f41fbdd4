import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { SOURCE_NAME } from '../../triggers/sources/source.js';

/** Answers 404 for a text that cannot be a source's name, as for an unknown name. */
@Injectable()
export class SourceNamePipe implements PipeTransform<string, string> {
  transform(name: string): string {
    if (!SOURCE_NAME.test(name)) throw new NotFoundException('There is no source with this name');
    return name;
  }
}
