import type { FastifyRequest } from 'fastify';
import type { WebhookRequest } from '../triggers/receiving/webhook-receiver.js';

/**
 * A request as its signature covers it. The public address is that of the `Host` header; behind a proxy of
 * TRUSTED_PROXIES, that of its `X-Forwarded-Host` and `X-Forwarded-Proto`.
 */
export function webhookRequestOf(request: FastifyRequest): WebhookRequest {
  const { method, url, headers, body, protocol, host, ip, socket } = request;
  return {
    method,
    url,
    publicUrl: `${protocol}://${host}${url}`,
    headers,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    addresses: [ip, ...(socket.remoteAddress === undefined ? [] : [socket.remoteAddress])],
  };
}
