import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { smallestIdOf } from '../../platform/runtime/ids.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The approvals', () => {
  it('are listed newest first, by conversation and by state, with all their fields', async () => {
    const { id: conversationId } = await admin.talk(0);
    const turnId = smallestIdOf(new Date());
    await admin.prisma.turn.create({ data: { id: turnId, conversationId, epoch: 0, state: 'parked' } });
    const ids = Array.from({ length: 5 }, (_, i) => `ffffffff-0000-7000-8000-00000000000${i}`);
    await admin.prisma.approval.createMany({
      data: ids.map((id, stepIndex) => ({
        id,
        turnId,
        conversationId,
        stepIndex,
        tool: 'pay',
        arguments: '{"euros":5}',
        askedBy: '9007199254740993',
        state: stepIndex === 4 ? 'denied' : 'pending',
        expiresAt: new Date('2100-01-01'),
      })),
    });
    const listed = (await admin.pages(`approvals?conversationId=${conversationId}&limit=2`)).flat();
    expect(listed.map(({ id }) => id)).toEqual(ids.toReversed());
    const denied = await admin.list(`approvals?conversationId=${conversationId}&state=denied`);
    expect(denied).toMatchObject({ items: [{ id: ids[4] }], nextCursor: null });
    expect((await admin.call(`approvals/${ids[0]}`)).json()).toEqual({
      id: ids[0],
      conversationId,
      turnId,
      tool: 'pay',
      arguments: '{"euros":5}',
      askedBy: '9007199254740993',
      state: 'pending',
      decidedBy: null,
      reason: null,
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: '2100-01-01T00:00:00.000Z',
      decidedAt: null,
    });
  });
});
