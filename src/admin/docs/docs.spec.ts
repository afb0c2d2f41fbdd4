import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The API’s description', () => {
  it('is served with all admin paths and no others, guarded by a bearer key', async () => {
    const answer = await admin.app.inject('/docs-json');
    const doc = answer.json<{ openapi: string; paths: Record<string, unknown>; components: unknown }>();
    expect(doc.openapi).toMatch(/^3\./);
    expect(Object.keys(doc.paths).toSorted()).toEqual([
      '/admin/admitted-groups/{key}',
      '/admin/approvals',
      '/admin/approvals/{id}',
      '/admin/approvals/{id}/approve',
      '/admin/approvals/{id}/deny',
      '/admin/budgets',
      '/admin/budgets/{day}',
      '/admin/conversations',
      '/admin/conversations/{id}',
      '/admin/conversations/{id}/export',
      '/admin/conversations/{id}/messages',
      '/admin/dead-letters',
      '/admin/dead-letters/{id}',
      '/admin/dead-letters/{id}/replay',
      '/admin/event-replays/{id}',
      '/admin/events',
      '/admin/events/replay',
      '/admin/events/{id}',
      '/admin/events/{id}/replay',
      '/admin/flood-gate',
      '/admin/notification-endpoints',
      '/admin/notification-endpoints/{id}',
      '/admin/notification-endpoints/{id}/deliveries',
      '/admin/notification-endpoints/{id}/deliveries/{deliveryId}/redeliver',
      '/admin/notification-endpoints/{id}/secret',
      '/admin/notification-endpoints/{id}/test',
      '/admin/pairings',
      '/admin/pairings/{id}',
      '/admin/pairings/{id}/approve',
      '/admin/pairings/{id}/deny',
      '/admin/people',
      '/admin/people/{key}',
      '/admin/schedules',
      '/admin/schedules/{id}',
      '/admin/sources',
      '/admin/sources/{name}',
      '/admin/sources/{name}/secrets',
      '/admin/sources/{name}/secrets/{id}',
      '/admin/triggers',
      '/admin/triggers/{id}',
      '/admin/triggers/{id}/test',
      '/admin/turns',
      '/admin/turns/{id}',
      '/admin/turns/{id}/cancel',
    ]);
    expect(doc.components).toMatchObject({ securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } });
    expect(doc.paths['/admin/conversations']).toMatchObject({ get: { security: [{ bearer: [] }] } });
  });

  it('has a page with its own scripts', async () => {
    const page = await admin.app.inject('/docs');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html']);
    expect((await admin.app.inject('/docs/swagger-ui-bundle.js')).statusCode).toBe(200);
    expect((await admin.app.inject('/docs/nothing-here.js')).json()).toMatchObject({ statusCode: 404 });
  });
});
