import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The dead letters', () => {
  it('are listed, shown with their payload, and discarded', async () => {
    const id = crypto.randomUUID();
    await admin.prisma.deadLetter.create({
      data: {
        id,
        kind: 'event',
        subjectId: '1',
        reason: 'BROKEN',
        attempts: 3,
        firstError: 'a',
        lastError: 'b',
        payload: { text: 'x' },
      },
    });
    const { items } = await admin.list('dead-letters?limit=1');
    expect(items).toMatchObject([{ id, kind: 'event', reason: 'BROKEN', attempts: 3, conversationId: null }]);
    expect(items[0]).not.toHaveProperty('payload');
    expect((await admin.call(`dead-letters/${id}`)).json()).toMatchObject({ id, payload: { text: 'x' } });
    expect((await admin.call(`dead-letters/${id}`, 'DELETE')).statusCode).toBe(204);
    expect((await admin.call(`dead-letters/${id}`)).statusCode).toBe(404);
  });

  it('are replayed by one call', async () => {
    const { id: conversationId } = await admin.talk(0);
    const turn = await admin.prisma.turn.create({
      data: { id: crypto.randomUUID(), conversationId, epoch: 0, state: 'failed' },
    });
    const id = crypto.randomUUID();
    await admin.prisma.deadLetter.create({
      data: {
        id,
        kind: 'turn',
        subjectId: turn.id,
        conversationId,
        reason: 'MODEL_DOWN',
        attempts: 3,
        lastError: 'b',
      },
    });
    const answer = await admin.call(`dead-letters/${id}/replay`, 'POST');
    expect([answer.statusCode, answer.json()]).toEqual([202, { status: 'queued' }]);
    expect((await admin.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } })).state).not.toBe('failed');
    expect((await admin.call(`dead-letters/${id}/replay`, 'POST')).statusCode).toBe(404);
  });
});
