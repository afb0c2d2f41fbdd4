import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Larger bodies are answered 413 before they are read. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** Content types of sources besides JSON: forms, and JSON of a more precise type. */
const OF_SOURCES = /^application\/(?:x-www-form-urlencoded|[\w.-]+\+json)\s*(?:;|$)/i;

/**
 * Accepts JSON, and from sources forms too: other content types are answered 415. Webhook bodies stay raw, because the guards run before the
 * parsing and signatures cover the bytes.
 */
export function useBodyParser(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.url.startsWith('/webhook/')) return done(null, body);
    const secure = fastify.getDefaultJsonParser('error', 'error');
    return secure(request, body.toString(), done);
  });
  fastify.addContentTypeParser(OF_SOURCES, { parseAs: 'buffer' }, (request, body, done) => {
    const isSource = request.routeOptions.url === '/webhook/:source';
    done(isSource ? null : new UnsupportedMediaTypeException(), body);
  });
}
