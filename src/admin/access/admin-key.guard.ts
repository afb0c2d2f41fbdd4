import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminRequestKey } from './admin-request-key.js';

/**
 * Requires the admin key. `AdminGate` checks it before the body is read. This guard checks again on each controller, so
 * that none is open in an application that is assembled without its gates.
 */
@Injectable()
export class AdminKeyGuard implements CanActivate {
  constructor(private readonly keys: AdminRequestKey) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    if (this.keys.rightKeyOf(http.getRequest<FastifyRequest>()) !== null) return true;
    return refuseKey(http.getResponse<FastifyReply>());
  }
}

/** A 401 that names the scheme (RFC 9110, section 11.6.1). @throws UnauthorizedException */
export function refuseKey(reply: FastifyReply): never {
  void reply.header('www-authenticate', 'Bearer realm="admin"');
  throw new UnauthorizedException('The admin key is needed: Authorization: Bearer <key>');
}
