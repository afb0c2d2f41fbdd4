import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { EventState } from '../../generated/prisma/client.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('erasing', () => {
  it('leaves only the columns that deduplicate', async () => {
    const { id, chatId } = await admin.talk(4);
    const other = await admin.talk(2);
    const turn = await admin.prisma.turn.create({
      data: { id: crypto.randomUUID(), conversationId: id, epoch: 0 },
    });
    await admin.prisma.step.create({
      data: {
        turnId: turn.id,
        index: 0,
        kind: 'model',
        name: 'm',
        requestDigest: 'd',
        result: {},
        startedAt: new Date(),
      },
    });
    await admin.prisma.lease.create({
      data: { conversationId: id, lane: 'turns', token: 1n, expiresAt: new Date() },
    });
    await admin.prisma.fact.create({ data: { conversationId: id, text: 'likes tea' } });
    await admin.prisma.schedule.create({
      data: {
        id: crypto.randomUUID(),
        conversationId: id,
        number: 1,
        kind: 'reminder',
        text: 'private',
        nextAt: new Date(),
      },
    });
    await admin.prisma.summary.create({ data: { conversationId: id, epoch: 0, text: 'likes tea' } });
    await admin.prisma.reply.create({ data: { conversationId: id, turnId: turn.id, body: {} } });
    await admin.prisma.person.create({ data: { channel: 'telegram', userId: chatId, firstName: 'Ada' } });
    await admin.prisma.deadLetter.create({
      data: {
        id: crypto.randomUUID(),
        kind: 'turn',
        subjectId: turn.id,
        conversationId: id,
        reason: 'R',
        attempts: 1,
        lastError: 'x',
      },
    });
    const day = { day: new Date('2026-11-25'), spentTokens: 5n };
    await admin.prisma.budgetDay.createMany({
      data: [
        { ...day, scope: 'user', key: `telegram:${chatId}` },
        { ...day, scope: 'chat', key: `telegram:${chatId}` },
      ],
    });
    const event = await admin.prisma.event.create({
      data: {
        source: 'telegram',
        externalId: `e${chatId}`,
        conversationId: id,
        kind: 'message',
        payload: { text: 'private' },
        turnId: turn.id,
        state: 'claimed',
      },
    });

    await admin.prisma.event.createMany({
      data: Object.values(EventState).map((state) => ({
        source: 'telegram',
        externalId: `all ${chatId} ${state}`,
        conversationId: id,
        kind: 'message' as const,
        payload: { text: 'private' },
        state,
      })),
    });

    const answer = await admin.call(`conversations/${id}`, 'DELETE');
    expect([answer.statusCode, answer.body]).toEqual([204, '']);

    const where = { where: { conversationId: id } };
    const left = await Promise.all([
      admin.prisma.conversation.count({ where: { id } }),
      admin.prisma.message.count(where),
      admin.prisma.reply.count(where),
      admin.prisma.turn.count(where),
      admin.prisma.step.count({ where: { turnId: turn.id } }),
      admin.prisma.fact.count(where),
      admin.prisma.schedule.count(where),
      admin.prisma.summary.count(where),
      admin.prisma.lease.count(where),
      admin.prisma.deadLetter.count(where),
      admin.prisma.event.count(where),
      admin.prisma.person.count({ where: { userId: chatId } }),
      admin.prisma.budgetDay.count({ where: { key: { contains: chatId } } }),
    ]);
    expect(left).toEqual(left.map(() => 0));
    expect(await admin.prisma.event.findUniqueOrThrow({ where: { id: event.id } })).toMatchObject({
      source: 'telegram',
      externalId: `e${chatId}`,
      state: 'erased',
      payload: null,
      turnId: null,
    });
    // Earlier, waiting, dropped and ignored events: no payload of any is left.
    expect(
      await admin.prisma.event.findMany({ where: { externalId: { startsWith: `all ${chatId}` } } }),
    ).toEqual(
      Object.values(EventState).map(() =>
        expect.objectContaining({ state: 'erased', payload: null, conversationId: null }),
      ),
    );
    expect((await admin.call(`conversations/${id}`)).statusCode).toBe(404);
    expect((await admin.call(`conversations/${id}`, 'DELETE')).statusCode).toBe(404);
    expect((await admin.list(`conversations/${other.id}/messages`)).items).toHaveLength(2);
  });
});
