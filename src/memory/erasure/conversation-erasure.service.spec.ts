import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { eventually } from '../../../test/support/eventually.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { ConversationErasureRepository } from './conversation-erasure.repository.js';
import { UnfinishedErasures } from './unfinished-erasures.js';
import { ChatLimiter } from '../../platform/throttling/chat-limiter.js';
import { SlidingWindow } from '../../platform/throttling/sliding-window.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});
afterAll(() => admin.stop());

/** The rows of the queue and of the limits that contain this text. */
async function traces(text: string): Promise<number> {
  const [row] = await admin.prisma.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT j::text AS row FROM bullmq.job j UNION ALL SELECT d::text FROM bullmq.dedup d
      UNION ALL SELECT n::text FROM bullmq.dedup_next n UNION ALL SELECT e::text FROM bullmq.event e
      UNION ALL SELECT w::text FROM throttle_windows w
    ) AS held WHERE row LIKE '%' || ${text} || '%'`;
  return row?.count ?? 0;
}

/** The traces of a chat that is limited in turns and at the webhook. */
async function limited(chat: string): Promise<void> {
  await admin.app.get(ChatLimiter).takeHits(chat, 1);
  await admin.app.get(SlidingWindow, { strict: false }).takeHits(`door:chat:${chat}`, 1, 20, 60_000);
}

describe('erasing', () => {
  it('removes the conversation from the queue, and its chat from the limits', async () => {
    const { id, chatId } = await admin.talk(1);
    await limited(`telegram:${chatId}`);
    admin.app.get(LaneWaker).wake('turns', id);
    await eventually(async () => expect(await traces(id)).toBeGreaterThan(1));
    expect(await traces(chatId)).toBe(2);
    expect((await admin.call(`conversations/${id}`, 'DELETE')).statusCode).toBe(204);
    expect([await traces(id), await traces(chatId)]).toEqual([0, 0]);
  });

  it('keeps a chat’s limits while another of its topics is left', async () => {
    const { id, chatId } = await admin.talk(1);
    const other = await admin.talk(1, { chatId, threadId: '7' });
    await limited(`telegram:${chatId}`);
    await admin.call(`conversations/${id}`, 'DELETE');
    expect(await traces(chatId)).toBe(2);
    await admin.call(`conversations/${other.id}`, 'DELETE');
    expect(await traces(chatId)).toBe(0);
  });

  it('hides a conversation that its process left half erased, and ends in the sweep', async () => {
    const { id, chatId } = await admin.talk(20);
    const turnId = crypto.randomUUID();
    await admin.prisma.turn.create({ data: { id: turnId, conversationId: id, epoch: 0 } });
    const letter = {
      id: crypto.randomUUID(),
      kind: 'turn' as const,
      subjectId: turnId,
      reason: 'R',
      attempts: 1,
    };
    await admin.prisma.deadLetter.create({ data: { ...letter, conversationId: id, lastError: 'x' } });
    await limited(`telegram:${chatId}`);
    const erasures = admin.app.get(ConversationErasureRepository);
    await erasures.detach(id);

    for (const url of [
      `conversations/${id}`,
      `conversations/${id}/messages`,
      `turns/${turnId}`,
      `dead-letters/${letter.id}`,
    ])
      expect((await admin.call(url)).statusCode, url).toBe(404);
    expect((await admin.call(`conversations/${id}`, 'DELETE')).statusCode).toBe(404);
    expect((await admin.call(`conversations/${id}`, 'PATCH', { status: 'paused' })).statusCode).toBe(404);
    expect((await admin.call(`conversations/${id}/messages`, 'POST', { text: 'x' })).statusCode).toBe(404);
    expect((await admin.call(`turns/${turnId}/cancel`, 'POST')).statusCode).toBe(404);
    expect((await admin.call(`dead-letters/${letter.id}/replay`, 'POST')).statusCode).toBe(404);
    for (const url of ['conversations', 'turns', 'dead-letters'])
      expect(
        (await admin.list(url)).items.map((item) => [item.id, item.conversationId]).flat(),
      ).not.toContain(id);

    // Its process shows progress.
    expect(await erasures.unfinished(10)).toEqual([]);
    for (const silentFor of ['1 minute', '-1 hour']) {
      // Without progress for long; or the database's clock was set back meanwhile.
      await admin.prisma.$executeRaw`
        UPDATE conversations SET erased_at = clock_timestamp() - ${silentFor}::interval WHERE id = ${id}::uuid`;
      expect(await erasures.unfinished(10)).toEqual([id]);
    }
    await admin.app.get(UnfinishedErasures).run();
    expect(await admin.prisma.conversation.count({ where: { id } })).toBe(0);
    expect(await admin.prisma.message.count({ where: { conversationId: id } })).toBe(0);
    expect(await traces(chatId)).toBe(0);
    expect(await erasures.finish(id)).toBeNull();
  });

  it.each([
    ['leases', 'SELECT FROM leases WHERE conversation_id = $1 FOR UPDATE'],
    ['conversations', 'SELECT FROM conversations WHERE id = $1 FOR UPDATE'],
    ['messages', 'SELECT FROM messages WHERE conversation_id = $1 FOR UPDATE'],
  ])('that cannot finish, because its %s are locked, holds up no other one', async (_, lock) => {
    const ids = [(await admin.talk(2)).id, (await admin.talk(2)).id].toSorted();
    const [locked = ''] = ids;
    const erasures = admin.app.get(ConversationErasureRepository);
    for (const id of ids) {
      await erasures.detach(id);
      await admin.prisma.$executeRaw`
        UPDATE conversations SET erased_at = clock_timestamp() - interval '1 minute' WHERE id = ${id}::uuid`;
    }
    const left = () => admin.prisma.conversation.findMany({ where: { id: { in: ids } } });
    const other = new Client({ connectionString: admin.databaseUrl });
    await other.connect();
    let pass = Promise.resolve();
    try {
      await other.query('BEGIN');
      await other.query(lock, [locked]);
      pass = admin.app.get(UnfinishedErasures).run();
      await eventually(async () => expect(await left()).toMatchObject([{ id: locked }]), {
        withinMs: 10_000,
      });
    } finally {
      await other.end();
    }
    await pass;
    await erasures.finish(locked);
    expect(await left()).toEqual([]);
  });
});
