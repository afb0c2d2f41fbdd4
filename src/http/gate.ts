import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Decides about requests before their bodies are read: whoever is refused has cost the reading of headers and no more. A
 * room makes one for its paths and gives it to the `Gates`.
 */
export abstract class Gate {
  /** Routes that begin with it are this gate's, e.g. `/admin/`. */
  abstract readonly path: string;

  /**
   * Returns where the request is let in. Waits for nothing, so that no store is asked on behalf of strangers.
   * @throws HttpException for everybody else
   */
  abstract admit(request: FastifyRequest, reply: FastifyReply): void;
}
