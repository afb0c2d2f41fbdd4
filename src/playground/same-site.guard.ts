import type { IncomingHttpHeaders } from 'node:http';
import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/**
 * Refuses requests that another site's page makes in the visitor's browser: the playground has no login, so what a
 * browser says about where a request comes from is what there is.
 */
@Injectable()
export class SameSiteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (isForeign(headers.origin, headers.host) || isForeignFetch(headers)) {
      throw new ForbiddenException('the playground answers its own page only');
    }
    return true;
  }
}

function isForeign(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Following a link to the page is fine, whoever set it. */
function isForeignFetch(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
}
