import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Metrics } from './metrics.js';
import { httpRefusalOf } from './refusal.js';

const MAX_LOGGED_PATH = 200;

/** The `Retry-After` of a 503 without its own, in seconds. */
const DEFAULT_RETRY_AFTER = 2;

/** Refusals of the sender as such, whom a firewall may then block: only these log the address. */
const ABOUT_THE_SENDER = new Set([401, 403, 429]);

const logger = new Logger('HttpExceptionFilter');

/**
 * Answers every HTTP error in Nest's shape `{"statusCode", "message", "error"}`, never with a stack, a secret or a
 * payload, and logs one line for it: `warn` for a client's fault, `error` for ours. If the sender is refused as such
 * (401, 403, 429), the line has the address, as TRUSTED_PROXIES allows.
 */
@Catch()
export class HttpExceptionFilter implements ExceptionFilter {
  private readonly count: (of: { route: string; status: string }) => void;

  constructor(metrics: Metrics) {
    const help = 'Requests that were not served, by the route as it is written in the code, and status';
    this.count = metrics.openCounter('http_refusals_total', help, ['route', 'status']);
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw exception;
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const status = refuse(exception, request, http.getResponse<FastifyReply>());
    this.count({ route: request.routeOptions.url ?? 'none', status: String(status) });
  }
}

/**
 * The same for requests that Fastify's router refuses before any filter sees them (an address that cannot be decoded).
 *
 * @example new FastifyAdapter({ frameworkErrors: refuseUnroutable })
 */
export function refuseUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  refuse(error, request, reply);
}

/** @returns the status */
function refuse(exception: unknown, request: FastifyRequest, reply: FastifyReply): number {
  const { body, code, retryAfter } = httpRefusalOf(exception);
  const status = body.statusCode;
  const from = ABOUT_THE_SENDER.has(status) ? { address: request.ip } : {};
  const fields = { method: request.method, path: pathOf(request), status, code, ...from };
  if (status >= 500) logger.error({ msg: 'request failed', ...fields, err: exception });
  else logger.warn({ msg: 'request refused', ...fields });

  if (reply.sent || reply.raw.headersSent) {
    // Too late for a status: breaking the connection is the only way to say that the answer is not whole.
    reply.raw.destroy();
    return status;
  }
  // The rest of the body would be read for nothing, and come at the sender's pace.
  if (isUnread(request)) reply.header('connection', 'close');
  if (retryAfter !== null) reply.header('retry-after', retryAfter);
  else if (status === 503 && !reply.hasHeader('retry-after'))
    reply.header('retry-after', DEFAULT_RETRY_AFTER);
  // A handler may have set another type, and a length, for the answer it did not give.
  reply.removeHeader('content-length');
  void reply.type('application/json; charset=utf-8').status(status).send(body);
  return status;
}

function isUnread({ raw }: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers;
  return !raw.readableEnded && (length !== '0' || encoding !== undefined);
}

function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.split(/[?#]/, 1);
  return path.slice(0, MAX_LOGGED_PATH);
}
