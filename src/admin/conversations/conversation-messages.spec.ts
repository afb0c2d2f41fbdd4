import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { ReplyPurgeRepository } from '../../retention/reply-purge.repository.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

describe('The messages of a conversation', () => {
  it('come in pages in either order, each once', async () => {
    const { id } = await admin.talk(25);
    const asc = (await admin.pages(`conversations/${id}/messages?limit=10&order=asc`)).map((page) =>
      page.map(({ text }) => text),
    );
    const all = Array.from({ length: 25 }, (_, i) => `message ${i + 1}`);
    expect(asc.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(asc.flat()).toEqual(all);
    const desc = (await admin.pages(`conversations/${id}/messages?limit=5`)).flat().map(({ text }) => text);
    expect(desc).toEqual(all.toReversed());
  });

  it('show their delivery: the worst of their parts', async () => {
    const { id } = await admin.talk(2);
    const answer = await admin.prisma.message.findFirstOrThrow({
      where: { conversationId: id, role: 'assistant' },
    });
    await admin.prisma.message.update({ where: { id: answer.id }, data: { channelMessageId: null } });
    const part = { conversationId: id, messageId: answer.id, body: {} };
    await admin.prisma.reply.createMany({
      data: [
        {
          ...part,
          part: 1,
          state: 'uncertain',
          attempts: 2,
          error: 'connection lost',
          channelMessageId: '12',
        },
        { ...part, part: 0, state: 'sent', attempts: 1, channelMessageId: '11' },
      ],
    });
    const { items } = await admin.list(`conversations/${id}/messages?order=asc`);
    expect(items).toMatchObject([
      { role: 'user', telegramMessageId: '1', delivery: null },
      {
        role: 'assistant',
        telegramMessageId: '11',
        delivery: { state: 'uncertain', attempts: 2, error: 'connection lost' },
      },
    ]);
    expect(Object.keys(items[0] ?? {}).toSorted()).toEqual(
      ['id', 'role', 'text', 'createdAt', 'turnId', 'telegramMessageId', 'delivery'].toSorted(),
    );
  });

  it('count as delivered when the record of their sending is past its retention', async () => {
    const { id } = await admin.talk(1);
    const { id: messageId } = await admin.prisma.message.create({
      data: { conversationId: id, epoch: 0, role: 'assistant', text: 'an old answer' },
    });
    const settledAt = new Date('2021-01-01');
    await admin.prisma.reply.create({
      data: { conversationId: id, messageId, body: {}, state: 'sent', channelMessageId: '5', settledAt },
    });
    const listed = async () => (await admin.list(`conversations/${id}/messages`)).items[0];
    expect(await listed()).toMatchObject({ telegramMessageId: '5', delivery: { state: 'sent' } });
    expect(await new ReplyPurgeRepository(admin.prisma).batch(new Date(), null, 10)).toMatchObject({
      purged: 1,
    });
    expect(await listed()).toMatchObject({ text: 'an old answer', telegramMessageId: null, delivery: null });
    const exported = await admin.call(`conversations/${id}/export`);
    expect(exported.body).toContain('an old answer');
  });
});
