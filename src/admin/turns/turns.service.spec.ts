import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { StepPurgeRepository } from '../../retention/step-purge.repository.js';
import { smallestIdOf } from '../../platform/runtime/ids.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The turns', () => {
  it('are listed newest first, by conversation and by state, and shown with their steps', async () => {
    const { id } = await admin.talk(0);
    const ids = Array.from({ length: 5 }, (_, i) => `ffffffff-0000-7000-8000-00000000000${i}`);
    await admin.prisma.turn.createMany({
      data: ids.map((turnId, i) => ({
        id: turnId,
        conversationId: id,
        epoch: 0,
        state: i === 4 ? 'failed' : 'done',
        errorCode: i === 4 ? 'MODEL_DOWN' : null,
      })),
    });
    await admin.prisma.step.createMany({
      data: [1, 0].map((index) => ({
        turnId: ids[0] ?? '',
        index,
        kind: 'tool' as const,
        name: 'calculate',
        requestDigest: 'd',
        result: { value: index },
        startedAt: new Date(0),
        endedAt: new Date(250),
      })),
    });
    const listed = (await admin.pages(`turns?conversationId=${id}&limit=2`)).flat();
    expect(listed.map((turn) => turn.id)).toEqual(ids.toReversed());
    const failed = await admin.list(`turns?conversationId=${id}&state=failed`);
    expect(failed).toMatchObject({ items: [{ id: ids[4], errorCode: 'MODEL_DOWN' }], nextCursor: null });
    expect((await admin.list('turns?limit=1')).items).toHaveLength(1);
    const one = await admin.call(`turns/${ids[0]}`);
    expect(one.json()).toMatchObject({
      id: ids[0],
      steps: [
        { index: 0, kind: 'tool', name: 'calculate', result: { value: 0 }, durationMs: 250 },
        { index: 1, result: { value: 1 } },
      ],
    });
    const anyFailed = (await admin.pages('turns?state=failed')).flat();
    expect(anyFailed.map((turn) => turn.id)).toEqual([ids[4]]);
  });
  it('are shown without their steps once those are past their retention', async () => {
    const { id: conversationId } = await admin.talk(0);
    const ended = new Date('2021-01-01');
    const { id } = await admin.prisma.turn.create({
      data: {
        id: smallestIdOf(ended),
        conversationId,
        epoch: 0,
        state: 'done',
        model: 'm',
        inputTokens: 11,
        finishedAt: ended,
        steps: {
          create: { index: 0, kind: 'model', name: 'm', requestDigest: 'd', result: {}, startedAt: ended },
        },
      },
    });
    expect(await new StepPurgeRepository(admin.prisma).batch(new Date(), null, 10)).toMatchObject({
      purged: 1,
    });
    const shown = await admin.call(`turns/${id}`);
    expect(shown.statusCode).toBe(200);
    expect(shown.json()).toMatchObject({ state: 'done', model: 'm', inputTokens: 11, steps: [] });
  });
});
