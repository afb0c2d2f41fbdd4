import { Injectable, NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Gate } from '../platform/http/gate.js';
import { Gates } from '../platform/http/gates.js';
import { type KnownSource, SourceDirectory } from '../triggers/sources/source-directory.js';

/** The route parameter that names a source. */
export const SOURCE_PARAM = 'source';

/**
 * Refuses requests to unknown sources, and bodies past a source's limit, before they are read. The signature covers the
 * body, so it is verified behind it: a stranger can send at most that much.
 */
@Injectable()
export class SourceGate extends Gate {
  readonly path = `/webhook/:${SOURCE_PARAM}`;

  constructor(
    private readonly sources: SourceDirectory,
    gates: Gates,
  ) {
    super();
    gates.add(this);
  }

  /** @throws NotFoundException, or PayloadTooLargeException by the announced length */
  admit(request: Pick<FastifyRequest, 'params' | 'headers'>): void {
    const { maxBodyBytes } = this.sourceOf(request);
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw new PayloadTooLargeException();
  }

  /** @throws NotFoundException if there is none */
  sourceOf({ params }: Pick<FastifyRequest, 'params'>): KnownSource {
    const { [SOURCE_PARAM]: name }: Readonly<Record<string, unknown>> = Object(params);
    const source = typeof name === 'string' ? this.sources.find(name) : null;
    if (!source) throw new NotFoundException('there is no such source');
    return source;
  }
}
