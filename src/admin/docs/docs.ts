import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import * as swagger from '@nestjs/swagger';
import { AdminModule } from '../admin.module.js';
import { applyApiDocs } from '../../platform/openapi/api-docs.js';
import { describeRefusals } from './describe-refusals.js';

/** Swagger UI runs its own scripts, with inline styles and pictures. */
const PAGE_SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The controllers' tags, in the order in which the page shows them. */
const TAGS: Readonly<Record<string, string>> = {
  conversations: 'Lines of talk, each with its history and what is set for it alone',
  turns: 'Runs of the agent, each with its steps: model calls and tool calls',
  'dead-letters': 'What failed for good, to be tried again or discarded',
  budgets: 'What was used a day, in tokens and dollars',
  people: 'Who has written, and what they may do',
  schedules: 'Reminders, and tasks that the agent does at a time',
  sources: 'What may send webhooks, and how they are signed',
  triggers: 'What becomes of webhooks',
  events: 'What came in, and what became of it',
  'event-replays': 'Replays of many webhooks',
  'notification-endpoints': 'Servers that are told what happens',
  approvals: 'Tool calls that wait for a person',
  'flood-gate': 'How fast is sent, and what waits for that',
  'admitted-groups': 'Groups that were let in',
  pairings: 'People and groups that ask to be let in',
};

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
  applyApiDocs(swagger);
  const about = new swagger.DocumentBuilder()
    .setTitle('Turnpike')
    .setDescription('The admin API. Times are ISO 8601, 64-bit ids are strings, cursors are opaque.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Relative to the description's own address: the process does not know its public names.
    .addServer('/', 'The server that tells this')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'ADMIN_API_KEY' });
  for (const [tag, description] of Object.entries(TAGS)) about.addTag(tag, description);
  const outline = about.build();
  const describe = () =>
    describeRefusals(
      swagger.SwaggerModule.createDocument(app, outline, { include: [AdminModule], deepScanRoutes: true }),
    );
  swagger.SwaggerModule.setup('docs', app, describe, {
    raw: ['json'],
    customSiteTitle: 'Turnpike admin API',
  });
}
