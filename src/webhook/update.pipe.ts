import { Injectable, type PipeTransform } from '@nestjs/common';
import { readUpdate, type ReceivedUpdate } from './received-update.js';

/** Turns the raw body into an update, after the guards: strangers cause no parsing. */
@Injectable()
export class UpdatePipe implements PipeTransform<unknown, ReceivedUpdate> {
  transform(body: unknown): ReceivedUpdate {
    return readUpdate(body);
  }
}
