import { BadRequestException, ConflictException, HttpException, NotFoundException } from '@nestjs/common';
import { GiveUpError } from '../../platform/errors/errors.js';

/** The status of each code that is not 400. */
export type Statuses = Readonly<Record<string, 404 | 409>>;

/** Does the work of a request; what it gives up for is answered by the status of its code, or 400. */
export async function asHttp<T>(statuses: Statuses, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GiveUpError ? refusalOf(error, statuses) : error;
  }
}

function refusalOf({ code, message }: GiveUpError, statuses: Statuses): HttpException {
  const status = statuses[code];
  if (status === 404) return new NotFoundException(message);
  return status === 409 ? new ConflictException(message) : new BadRequestException(message);
}
