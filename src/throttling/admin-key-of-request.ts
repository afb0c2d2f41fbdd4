import type { FastifyRequest } from 'fastify';

/** How the admin throttler learns who asks; the admin room implements it with the check its key guard uses. */
export abstract class AdminKeyOfRequest {
  /** @returns the API key a request presents when it is a right one, else null. Must not throw. */
  abstract rightKeyOf(request: FastifyRequest): string | null;
}
