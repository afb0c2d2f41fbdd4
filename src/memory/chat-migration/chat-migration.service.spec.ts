import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD } from '../../channel/ids.js';
import { chatMigrations } from '../../../test/support/delivery-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import type { ChatMigration } from '../../channel/inbound.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import type { Conversation } from '../../generated/prisma/client.js';

let room: Room;
let move: ChatMigration;
let group: Conversation;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  move = {
    fromChatId: ChatId(String(-newChatId())),
    toChatId: ChatId(String(-1_000_000_000_000 - newChatId())),
  };
  // The older of two, whatever the resolution of clocks.
  const createdAt = new Date(Date.now() - 1_000);
  group = await room.conversation({ chatId: move.fromChatId, chatType: 'group', createdAt });
});

const moveAll = () => chatMigrations(room.prisma).migrate('telegram', move);
const supergroup = (threadId = '') =>
  room.conversation({ chatId: move.toChatId, chatType: 'supergroup', threadId });
const conversations = () =>
  room.prisma.conversation.findMany({
    where: { chatId: { in: [move.fromChatId, move.toChatId] } },
    orderBy: { threadId: 'asc' },
  });
const say = ({ id }: Conversation, text: string, epoch = 0) =>
  room.prisma.message.create({ data: { conversationId: id, epoch, role: 'user', text } });
const turn = ({ id }: Conversation) =>
  room.prisma.turn.create({ data: { id: room.ids.next(), conversationId: id, epoch: 0 } });

describe('ChatMigrationService', () => {
  it('migrates a chat with all its topics, and does nothing when called again', async () => {
    const topic = await room.conversation({ chatId: move.fromChatId, threadId: '7' });
    await moveAll();
    await moveAll();
    expect(await conversations()).toMatchObject(
      [group, topic].map(({ id, threadId }) => ({ id, threadId, chatId: move.toChatId })),
    );
  });

  it('maps late arrivals under the old id to the new one, over several migrations', async () => {
    await moveAll();
    const further = { fromChatId: move.toChatId, toChatId: ChatId(`${move.toChatId}1`) };
    await chatMigrations(room.prisma).migrate('telegram', further);
    const description = { threadId: NO_THREAD, type: 'group', title: null, username: null, via: null };
    const chat = { chatId: move.fromChatId, ...description };
    expect(await room.conversations.resolve([{ channel: 'telegram', chat }])).toEqual([group.id]);
  });

  it('keeps a group’s access, and ends its open request', async () => {
    const { fromChatId, toChatId } = move;
    const row = { channel: 'telegram', chatId: fromChatId };
    await room.prisma.admittedChat.create({ data: row });
    await room.prisma.pairing.create({
      data: { ...row, id: room.ids.next(), conversationId: group.id, code: 'MOVING', expiresAt: new Date() },
    });
    await moveAll();
    await moveAll();
    const chatId = { in: [fromChatId, toChatId] };
    expect(await room.prisma.admittedChat.findMany({ where: { chatId } })).toMatchObject([
      { chatId: toChatId },
    ]);
    expect(await room.prisma.pairing.count({ where: { chatId } })).toBe(0);
  });

  it('merges two conversations, with every row of either', async () => {
    const other = await supergroup();
    const plan = { kind: 'reminder', text: 'x', nextAt: new Date(Date.now() + 1e6) } as const;
    for (const { id } of [group, other]) {
      await room.prisma.schedule.create({
        data: { ...plan, id: room.ids.next(), conversationId: id, number: 1 },
      });
      for (const text of ['known to both', id])
        await room.prisma.fact.create({ data: { conversationId: id, text } });
      await room.prisma.reply.create({ data: { conversationId: id, body: {} } });
      await room.event({ id, chatId: move.toChatId }, 'waits');
    }
    await say(group, 'one', 2);
    await room.prisma.conversation.update({ where: { id: group.id }, data: { epoch: 2, model: 'mine' } });
    await say(other, 'two', 0);
    await say(other, 'three', 1);
    // The other's summary covers only part of the earlier messages.
    for (const epoch of [0, 1])
      await room.prisma.summary.create({ data: { conversationId: other.id, epoch, text: `of ${epoch}` } });
    await room.prisma.conversation.update({
      where: { id: other.id },
      data: {
        epoch: 1,
        epochSince: 9n,
        status: 'paused',
        tools: { allow: [], deny: [] },
        outputCheck: true,
      },
    });
    await moveAll();

    expect(await conversations()).toMatchObject([
      {
        id: group.id,
        chatId: move.toChatId,
        epoch: 3,
        epochSince: 9n,
        model: 'mine',
        status: 'paused',
        tools: { allow: [], deny: [] },
        outputCheck: true,
      },
    ]);
    const where = { conversationId: group.id };
    const messages = await room.prisma.message.findMany({ where, orderBy: { id: 'asc' } });
    expect(messages.map(({ text, epoch }) => [text, epoch])).toEqual([
      ['one', 2],
      ['two', 2],
      ['three', 3],
    ]);
    const summaries = await room.prisma.summary.findMany({ where });
    expect(summaries.map(({ text, epoch }) => [text, epoch])).toEqual([['of 1', 3]]);
    expect(await room.prisma.fact.count({ where })).toBe(3);
    expect(await room.prisma.reply.count({ where })).toBe(2);
    expect(await room.prisma.event.count({ where })).toBe(2);
    const schedules = await room.prisma.schedule.findMany({ where, orderBy: { number: 'asc' } });
    expect(schedules.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('lets a turn of the surviving conversation end, and hands over a turn of the other', async () => {
    const other = await supergroup();
    const [kept, lost] = [await room.lease(group.id), await room.lease(other.id)];
    const [mine, theirs] = [await turn(group), await turn(other)];
    await moveAll();
    await room.prisma.$transaction((tx) => room.leases.assertHeld(tx, kept));
    const commit = room.prisma.$transaction((tx) => room.leases.assertHeld(tx, lost));
    await expect(commit).rejects.toBeInstanceOf(LeaseLostError);
    const turns = await room.prisma.turn.findMany({
      where: { conversationId: group.id },
      orderBy: { id: 'asc' },
    });
    expect(turns).toMatchObject([
      { id: mine.id, state: 'running' },
      { id: theirs.id, state: 'waiting' },
    ]);
  });

  it('edits in the new chat no message that the old one showed', async () => {
    const { id: turnId } = await turn(group);
    await room.prisma.draft.create({
      data: { turnId, text: 'so far', state: 'shown', channelMessageId: '5' },
    });
    await room.prisma.reply.create({
      data: { conversationId: group.id, body: {}, state: 'sending', channelMessageId: '6' },
    });
    const doubt = { until: new Date(), confirmAt: new Date() };
    await room.prisma.lateEdit.create({
      data: { conversationId: group.id, channelMessageId: '4', ...doubt },
    });
    await moveAll();
    expect(await room.prisma.draft.count({ where: { turnId } })).toBe(0);
    expect(await room.prisma.lateEdit.count({ where: { channelMessageId: '4' } })).toBe(0);
    const [reply] = await room.prisma.reply.findMany({ where: { conversationId: group.id } });
    expect(reply).toMatchObject({ state: 'pending', channelMessageId: null });
  });

  it('confirms no text of a message of the old chat, and keeps those of the new one', async () => {
    const other = await supergroup();
    for (const { id: conversationId } of [group, other])
      await room.prisma.lateEdit.create({
        data: { conversationId, channelMessageId: '5', until: new Date(), confirmAt: new Date() },
      });
    await room.prisma.lateEdit.update({
      where: {
        conversationId_channelMessageId: { conversationId: other.id, channelMessageId: '5' },
      },
      data: { marks: 7 },
    });
    await moveAll();
    const left = await room.prisma.lateEdit.findMany({
      where: { conversationId: { in: [group.id, other.id] } },
    });
    expect(left).toMatchObject([{ conversationId: group.id, marks: 7 }]);
  });

  it('keeps the chat’s used and reserved budget', async () => {
    const day = new Date('2026-11-25T00:00:00Z');
    const [from, to] = [`telegram:${move.fromChatId}`, `telegram:${move.toChatId}`];
    const figures = { day, scope: 'chat', reservedTokens: 5n } as const;
    await room.prisma.budgetDay.create({ data: { ...figures, key: from, spentTokens: 30n } });
    await room.prisma.budgetDay.create({ data: { ...figures, key: to, spentTokens: 12n } });
    const { id: turnId } = await turn(group);
    const reservation = { turnId, scope: 'chat', day, key: from, tokens: 5n, microUsd: 0n } as const;
    await room.prisma.budgetReservation.create({ data: reservation });
    await moveAll();
    const days = await room.prisma.budgetDay.findMany({ where: { key: { in: [from, to] } } });
    expect(days).toMatchObject([{ key: to, spentTokens: 42n, reservedTokens: 10n }]);
    expect(await room.prisma.budgetReservation.findFirst({ where: { turnId } })).toMatchObject({ key: to });
  });

  it('waits for a commit under way, which finds its conversation merged afterwards', async () => {
    const other = await supergroup();
    const lease = await room.lease(other.id);
    const order: string[] = [];
    const moving = await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      const under = moveAll().then(() => order.push('moved'));
      await room.somebodyWaitsForALock();
      await tx.message.create({
        data: { conversationId: other.id, epoch: 0, role: 'user', text: 'in time' },
      });
      order.push('committing');
      return { under };
    });
    await moving.under;
    expect(order).toEqual(['committing', 'moved']);
    expect(await room.prisma.message.count({ where: { conversationId: group.id, text: 'in time' } })).toBe(1);
  });

  it('keeps the wait notice of the new chat, and drops that of the old one', async () => {
    const other = await supergroup();
    const events = await Promise.all([group, other].map((of) => room.event(of, 'waits')));
    for (const [n, { id: conversationId }] of [group, other].entries())
      await room.prisma.waitNotice.create({
        data: { conversationId, eventId: events[n] ?? 0n, channelMessageId: String(n + 7) },
      });
    await moveAll();
    const where = { eventId: { in: events } };
    expect(await room.prisma.waitNotice.findMany({ where })).toEqual([
      { conversationId: group.id, eventId: events[1], channelMessageId: '8' },
    ]);
  });
});
