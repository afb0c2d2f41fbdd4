import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Decides about requests before their bodies are read: a refused request costs only its headers. A module makes one for
 * its paths and gives it to the `Gates`.
 */
export abstract class Gate {
  /** Routes that begin with it are this gate's, e.g. `/admin/`. */
  abstract readonly path: string;

  /**
   * Returns if the request may pass. Synchronous, so that no store is asked on behalf of strangers.
   * @throws HttpException for every other request
   */
  abstract admit(request: FastifyRequest, reply: FastifyReply): void;
}
