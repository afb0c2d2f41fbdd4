import type { IncomingHttpHeaders } from 'node:http';
import { ForbiddenException, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ServerSettings } from '../platform/http/server.settings.js';
import { Gate } from '../platform/http/gate.js';
import { Gates } from '../platform/http/gates.js';
import { isOwnHost } from './own-host.js';

/**
 * Refuses requests that another site's page makes in the visitor's browser. The playground has no login, so it relies
 * on the browser's headers for the request's origin and host.
 */
@Injectable()
export class SameSiteGuard extends Gate {
  readonly path = '/playground';

  constructor(
    gates: Gates,
    private readonly server: ServerSettings,
  ) {
    super();
    gates.add(this);
  }

  /** @throws ForbiddenException */
  admit({ headers }: FastifyRequest): void {
    if (!isOwnHost(headers.host, this.server.host)) {
      throw new ForbiddenException(
        'open the playground by localhost or an IP address: names may be of others',
      );
    }
    if (isForeign(headers.origin, headers.host) || isForeignFetch(headers)) {
      throw new ForbiddenException('the playground answers its own page only');
    }
  }
}

function isForeign(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** A link to the page may come from any site. */
function isForeignFetch(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
}
