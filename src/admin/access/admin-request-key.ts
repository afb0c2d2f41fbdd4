import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AdminKeyOfRequest } from '../../platform/throttling/admin-key-of-request.js';
import { AdminKey } from './admin-key.js';

/** Reads the admin key of a request from its bearer token (RFC 6750, section 2.1). */
@Injectable()
export class AdminRequestKey extends AdminKeyOfRequest {
  /** Cached: several callers ask about one request. */
  private readonly known = new WeakMap<FastifyRequest, string | null>();

  constructor(private readonly key: AdminKey) {
    super();
  }

  rightKeyOf(request: FastifyRequest): string | null {
    const known = this.known.get(request);
    if (known !== undefined) return known;
    const key = this.read(request);
    this.known.set(request, key);
    return key;
  }

  private read(request: FastifyRequest): string | null {
    const token = /^bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]?.trimEnd();
    // Node.js reads header values as Latin-1, whatever was sent: these are the bytes.
    return token !== undefined && this.key.matches(Buffer.from(token, 'latin1')) ? token : null;
  }
}
