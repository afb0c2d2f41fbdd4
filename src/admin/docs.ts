import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AdminModule } from './admin.module.js';

/** Swagger UI runs its own files, and has styles and pictures within the page. */
const PAGE_SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Describes the admin API at `/docs` (a page) and `/docs-json` (OpenAPI). Call it before the application listens. */
export function setUpDocs(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (route.url !== '/docs' && !route.url.startsWith('/docs/')) return;
      route.onSend = (_request, reply, _payload, done) => {
        void reply.header('content-security-policy', PAGE_SECURITY);
        done();
      };
    });
  const about = new DocumentBuilder()
    .setTitle('Turnpike')
    .setDescription('The admin API. Times are ISO 8601, 64-bit ids are strings, cursors are opaque.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'ADMIN_API_KEY' })
    .build();
  const describe = () => SwaggerModule.createDocument(app, about, { include: [AdminModule] });
  SwaggerModule.setup('docs', app, describe, { raw: ['json'], customSiteTitle: 'Turnpike admin API' });
}
