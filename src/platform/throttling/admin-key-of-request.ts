import type { FastifyRequest } from 'fastify';

/** Gives the admin throttler the key of a request; the admin module implements it with its key guard's check. */
export abstract class AdminKeyOfRequest {
  /** @returns the API key of a request if it is a right one, else null. Must not throw. */
  abstract rightKeyOf(request: FastifyRequest): string | null;
}
