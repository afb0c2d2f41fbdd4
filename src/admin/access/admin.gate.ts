import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gate } from '../../platform/http/gate.js';
import { Gates } from '../../platform/http/gates.js';
import { TooManyRequestsException } from '../../platform/throttling/too-many-requests.exception.js';
import { AdminRequestKey } from './admin-request-key.js';
import { refuseKey } from './admin-key.guard.js';
import { WrongKeys } from './wrong-keys.js';

/**
 * Guards everything under `/admin`: the body of a request without the key is not read. A right key is never refused
 * because of wrong ones from the same address: the key's length protects it from guessing, and the limit is for load
 * and logs.
 */
@Injectable()
export class AdminGate extends Gate {
  readonly path = '/admin/';

  constructor(
    private readonly keys: AdminRequestKey,
    private readonly wrongKeys: WrongKeys,
    gates: Gates,
  ) {
    super();
    gates.add(this);
  }

  /**
   * Answers behind it are private, so no cache keeps them.
   * @throws UnauthorizedException for a wrong or missing key; TooManyRequestsException past their limit
   */
  admit(request: FastifyRequest, reply: FastifyReply): void {
    void reply.header('cache-control', 'no-store');
    if (this.keys.rightKeyOf(request) !== null) return;
    const waitSeconds = this.wrongKeys.count(request.ip);
    if (waitSeconds === 0) return refuseKey(reply);
    void reply.header('retry-after', waitSeconds);
    throw new TooManyRequestsException('Too many requests to the admin API', waitSeconds);
  }
}
