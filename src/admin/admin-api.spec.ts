import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The admin API', () => {
  it('requires the key everywhere', async () => {
    for (const url of [
      'conversations',
      'turns',
      'dead-letters',
      'approvals',
      'sources',
      'triggers',
      'events',
      `conversations/${crypto.randomUUID()}/export`,
    ]) {
      expect((await admin.app.inject(`/admin/${url}`)).statusCode).toBe(401);
    }
  });

  it.each([
    'conversations?limit=0',
    'conversations?limit=201',
    'conversations?limit=',
    'conversations?limit=1e1',
    'conversations?limit=1&limit=2',
    'conversations?surprise=1',
    'conversations?cursor=%00garbage',
    'conversations?cursor=xyz',
    'conversations?status=gone',
    'conversations?search=%00',
    `conversations?search=${'x'.repeat(101)}`,
    'turns?conversationId=5',
    'turns?state=odd',
    'turns?cursor=W10',
    'dead-letters?kind=turn',
    'approvals?state=odd',
    'approvals?conversationId=5',
    'approvals?limit=0',
    'approvals?cursor=W10',
  ])('refuses %s with 400', async (url) => {
    const answer = await admin.call(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
  });

  it.each(['conversations', 'turns', 'dead-letters', 'approvals'])(
    'answers 404 for an unknown id of %s, whatever it looks like',
    async (path) => {
      for (const id of ['00000000-0000-4000-8000-000000000000', 'nonsense', '1', '%00', "'--"]) {
        expect((await admin.call(`${path}/${id}`)).statusCode).toBe(404);
        if (path === 'conversations' || path === 'dead-letters')
          expect((await admin.call(`${path}/${id}`, 'DELETE')).statusCode).toBe(404);
      }
      expect(
        (await admin.call('dead-letters/00000000-0000-4000-8000-000000000000/replay', 'POST')).statusCode,
      ).toBe(404);
      expect(
        (await admin.call('conversations/00000000-0000-4000-8000-000000000000/messages')).statusCode,
      ).toBe(404);
      expect((await admin.call('conversations/00000000-0000-4000-8000-000000000000/export')).statusCode).toBe(
        404,
      );
      for (const act of ['turns/%s/cancel', 'approvals/%s/approve', 'approvals/%s/deny'])
        for (const id of ['00000000-0000-4000-8000-000000000000', 'nonsense'])
          expect((await admin.call(act.replace('%s', id), 'POST')).statusCode, act).toBe(404);
    },
  );
});
