import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminRequestKey } from './admin-request-key.js';

/** Lets in who shows the admin key; everybody else gets a 401 that says how (RFC 9110, section 11.6.1). */
@Injectable()
export class AdminKeyGuard implements CanActivate {
  constructor(private readonly keys: AdminRequestKey) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    if (this.keys.rightKeyOf(http.getRequest<FastifyRequest>()) !== null) return true;
    http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer realm="admin"');
    throw new UnauthorizedException('The admin key is needed: Authorization: Bearer <key>');
  }
}
