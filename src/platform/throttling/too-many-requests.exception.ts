import { HttpException, HttpStatus } from '@nestjs/common';

/** 429 (RFC 6585, section 4) with the body of all our errors. */
export class TooManyRequestsException extends HttpException {
  constructor(
    message: string,
    /** For the `Retry-After` header (RFC 9110, section 10.2.3): whole seconds, at least 1. */
    readonly retryAfterSeconds: number,
  ) {
    super(
      HttpException.createBody(message, 'Too Many Requests', HttpStatus.TOO_MANY_REQUESTS),
      HttpStatus.TOO_MANY_REQUESTS,
    );
  }
}
