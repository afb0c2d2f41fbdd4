import { describe, expect, it } from 'vitest';
import { Stopping } from '../platform/runtime/stopping.js';
import { aReply, aTurn, daysAgo, OLD, retention, room, useRetentionFixture } from './retention.fixture.js';

useRetentionFixture();

describe('Retention', () => {
  it('never deletes the history: messages, facts, turns and events are all still there', async () => {
    const conversation = await room.conversation({ createdAt: daysAgo(1_000) });
    const turnId = await aTurn(conversation);
    const createdAt = daysAgo(1_000);
    const conversationId = conversation.id;
    const { id: messageId } = await room.prisma.message.create({
      data: { conversationId, epoch: 0, role: 'assistant', text: 'hello', turnId, createdAt },
    });
    await room.prisma.fact.create({ data: { conversationId, text: 'likes tea', createdAt } });
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD, turnId });
    await aReply(conversation, { messageId, turnId });
    const history = () =>
      room.rows(
        `SELECT (SELECT json_agg(m) FROM messages m) AS messages, (SELECT json_agg(f) FROM facts f) AS facts,
                (SELECT json_agg(t) FROM turns t) AS turns, (SELECT json_agg(c) FROM conversations c) AS conversations,
                (SELECT count(*) FROM events) AS events`,
      );
    const before = await history();
    expect(await retention().run()).toEqual({
      payloads: 1,
      steps: 2,
      replies: 1,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
    expect(await history()).toEqual(before);
  });

  it('keeps records for ever whose setting is 0, and deletes the rest', async () => {
    const conversation = await room.conversation();
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    await aTurn(conversation);
    await aReply(conversation);
    const forever = { payloadDays: 0, stepDays: 0, replyDays: 0, budgetDays: 0 };
    expect(await retention(forever).run()).toEqual({
      payloads: 0,
      steps: 0,
      replies: 0,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
    expect(await retention({ stepDays: 0 }).run()).toEqual({
      payloads: 1,
      steps: 0,
      replies: 1,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
    expect(await retention().run()).toEqual({
      payloads: 0,
      steps: 2,
      replies: 0,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
  });

  it('ends between two batches when the process ends', async () => {
    const conversation = await room.conversation();
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    const stopping = new Stopping();
    stopping.onModuleDestroy();
    expect((await retention({}, stopping).run()).payloads).toBe(0);
  });
});
