import { GroupContextRepository } from '../../memory/group-context.repository.js';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { eventually } from '../../../test/support/eventually.js';
import type { LaneJob } from '../../queue/lanes.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
  await admin.fill(25_000);
});

afterAll(() => admin.stop());

describe('The conversations', () => {
  it('are shown as the contract says, 64-bit ids as strings', async () => {
    const { id } = await admin.talk(0, {
      chatId: '-1001234567890123',
      threadId: '9007199254740993',
      title: null,
    });
    const answer = await admin.call(`conversations/${id.toUpperCase()}`);
    expect(answer.json()).toEqual({
      id,
      channel: 'telegram',
      chatId: '-1001234567890123',
      threadId: '9007199254740993',
      chatType: 'private',
      title: null,
      username: null,
      messageCount: 0,
      lastMessageAt: '2021-01-01T00:00:00.000Z',
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      model: null,
      systemPrompt: null,
      busyMode: null,
      unreachableAt: null,
      tools: null,
      outputCheck: false,
      answersAll: false,
      contextMessages: null,
    });
    const { id: plain } = await admin.talk(0);
    expect((await admin.call(`conversations/${plain}`)).json()).toMatchObject({ threadId: null });
  });

  it('are listed newest message first, each once, even if many share a microsecond', async () => {
    const items = (await admin.pages('conversations?limit=200')).flat();
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    expect(items.length).toBe(await admin.prisma.conversation.count());
    const times = items.map(({ lastMessageAt }) => String(lastMessageAt));
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('are found by the beginning of a title, username, chat id or person’s name, ignoring letter case', async () => {
    const { id, chatId } = await admin.talk(0, { title: 'Zebra_100% club', username: 'zebra_crossing' });
    await admin.prisma.person.create({
      data: { channel: 'telegram', userId: chatId, firstName: 'Grace', lastName: 'Hopper' },
    });
    for (const search of ['zebra_100%', 'ZEBRA_CR', '@zebra', chatId, 'grace hop', 'hopper']) {
      const found = await admin.list(`conversations?search=${encodeURIComponent(search)}`);
      expect(
        found.items.map((item) => item.id),
        search,
      ).toEqual([id]);
    }
    const wild = (await admin.pages(`conversations?search=${encodeURIComponent('zebra%club')}`)).flat();
    expect(wild).toEqual([]);
  });

  it('are searched in a bounded number of rows a page, from page to page to the last one', async () => {
    const found = await admin.pages('conversations?search=Filler%2012345');
    expect(found.flat()).toHaveLength(1);
    expect(found.length).toBeGreaterThan(1);
  });

  it('get the settings that their admins change with /settings, and keep no more than their window', async () => {
    const { id } = await admin.talk(0);
    const change = async (given: object) => (await admin.call(`conversations/${id}`, 'PATCH', given)).json();
    const group = { answersAll: false, contextMessages: 2 };
    expect(await change(group)).toMatchObject(group);
    const groupContext = admin.app.get(GroupContextRepository, { strict: false });
    const said = { conversationId: id, author: 'Bob', isEdit: false };
    for (const text of ['1', '2'])
      await groupContext.keep([{ ...said, position: BigInt(text), text }], 5_000);
    expect(await change({ contextMessages: 1 })).toMatchObject({ contextMessages: 1 });
    expect((await groupContext.all(id)).map(({ text }) => text)).toEqual(['2']);
    expect(await change({ contextMessages: null })).toMatchObject({ contextMessages: null });
    expect(await groupContext.all(id)).toEqual([]);
    for (const odd of [{ contextMessages: 101 }, { contextMessages: '5' }, { answersAll: null }])
      expect((await admin.call(`conversations/${id}`, 'PATCH', odd)).statusCode).toBe(400);
  });

  it('get tool rules and a check of their answers, and lose them', async () => {
    const { id } = await admin.talk(0);
    const change = async (given: object) => (await admin.call(`conversations/${id}`, 'PATCH', given)).json();
    const set = { tools: { allow: ['calculate'] }, outputCheck: true };
    expect(await change(set)).toMatchObject({ tools: { allow: ['calculate'], deny: [] }, outputCheck: true });
    expect(await change({ model: null })).toMatchObject({ tools: { allow: ['calculate'], deny: [] } });
    expect(await change({ tools: null, outputCheck: false })).toMatchObject({
      tools: null,
      outputCheck: false,
    });
    for (const odd of [
      { outputCheck: null },
      { outputCheck: 'yes' },
      { tools: { deny: ['a b'] } },
      { tools: [] },
    ])
      expect(await change(odd)).toMatchObject({ statusCode: 400 });
  });

  it('change their status, and are listed by it', async () => {
    const { id } = await admin.talk(0);
    const changed = await admin.call(`conversations/${id}`, 'PATCH', { status: 'blocked' });
    expect([changed.statusCode, changed.json<{ status: string }>().status]).toEqual([200, 'blocked']);
    const blocked = (await admin.pages('conversations?status=blocked')).flat();
    expect(blocked.map((item) => item.id)).toEqual([id]);
    for (const bad of [{}, { status: 'gone' }, { status: 'active', surprise: 1 }, { title: 'x' }]) {
      expect((await admin.call(`conversations/${id}`, 'PATCH', bad)).statusCode).toBe(400);
    }
    expect(
      (await admin.call(`conversations/${crypto.randomUUID()}`, 'PATCH', { status: 'paused' })).statusCode,
    ).toBe(404);
  });
});

describe('A change of status', () => {
  it('wakes the lane whose work it affects', async () => {
    const { id } = await admin.talk(0);
    const turns = admin.app.get<Queue<LaneJob>>(getQueueToken('turns'), { strict: false });
    const isWoken = async (which: string) =>
      (await turns.getJobs(['waiting'])).some(({ data }) => data.conversationId === which);
    const { id: another } = await admin.talk(0);
    await admin.call(`conversations/${id}`, 'PATCH', { status: 'paused' });
    await admin.call(`conversations/${another}`, 'PATCH', { model: 'gpt-5.4' });
    const { id: later } = await admin.talk(0);
    await admin.call(`conversations/${later}`, 'PATCH', { status: 'blocked' });
    await eventually(async () => expect(await isWoken(later)).toBe(true));
    expect([await isWoken(id), await isWoken(another)]).toEqual([false, false]);
    await admin.call(`conversations/${id}`, 'PATCH', { status: 'blocked' });
    await eventually(async () => expect(await isWoken(id)).toBe(true));
  });
});
