import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AdminModule } from './admin.module.js';

/** Describes the admin API at `/docs` (a page) and `/docs-json` (OpenAPI). Call it before the application listens. */
export function setUpDocs(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('Turnpike')
    .setDescription('The admin API. Times are ISO 8601, 64-bit ids are strings, cursors are opaque.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'ADMIN_API_KEY' })
    .build();
  const describe = () => SwaggerModule.createDocument(app, about, { include: [AdminModule] });
  SwaggerModule.setup('docs', app, describe, { raw: ['json'], customSiteTitle: 'Turnpike admin API' });
}
