import type { FastifyRequest } from 'fastify';

/** Gives the chat throttler the chat of a webhook request; the module that knows the channel implements it. */
export abstract class ChatOfRequest {
  /**
   * Guards run before pipes: the body is parsed JSON, but not yet checked. Must not throw.
   * @returns the chat as one stable text, or null for a request that is not limited
   */
  abstract chatOf(request: FastifyRequest): string | null;
}
