import { afterAll, beforeAll, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { WaitingWorkRepository } from './waiting-work.repository.js';

let room: Room;
beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

it('reports the waiting work of each lane, and since when it waits', async () => {
  const work = new WaitingWorkRepository(room.prisma);
  expect(await work.read()).toEqual([
    { lane: 'turns', depth: 0, oldestSeconds: 0 },
    { lane: 'commands', depth: 0, oldestSeconds: 0 },
    { lane: 'deliveries', depth: 0, oldestSeconds: 0 },
    { lane: 'webhooks', depth: 0, oldestSeconds: 0 },
  ]);
  const conversation = await room.conversation();
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await room.event(conversation, 'old', { receivedAt: anHourAgo });
  await room.event(conversation, 'new');
  await room.event(conversation, 'done', { state: 'done', receivedAt: new Date(0) });
  await room.event(conversation, '/help', { kind: 'command' });
  await room.prisma.reply.create({ data: { conversationId: conversation.id, body: {} } });
  const settled = { state: 'sent' as const, createdAt: new Date(0), settledAt: new Date() };
  await room.prisma.reply.create({ data: { conversationId: conversation.id, body: {}, ...settled } });
  const webhook = { source: 'webhook:shop', conversationId: null, kind: 'webhook' as const };
  await room.event(conversation, 'paid', webhook);
  await room.event(conversation, 'shipped', { ...webhook, state: 'done' });
  const read = await work.read();
  expect(read.map(({ lane, depth }) => [lane, depth])).toEqual([
    ['turns', 2],
    ['commands', 1],
    ['deliveries', 1],
    ['webhooks', 1],
  ]);
  const [turns, commands, deliveries] = read.map(({ oldestSeconds }) => oldestSeconds);
  expect(turns).toBeGreaterThanOrEqual(3_590);
  for (const age of [commands, deliveries]) expect(age).toBeLessThan(3_000);
});

it('leaves out work that is held by decision, however long it waits', async () => {
  const work = new WaitingWorkRepository(room.prisma);
  const before = await work.read();
  const longAgo = new Date(0);
  const paused = await room.conversation({ status: 'paused' });
  await room.event(paused, 'kept until it is active again', { receivedAt: longAgo });
  const erased = await room.conversation({ erasedAt: new Date() });
  await room.event(erased, 'goes with it', { receivedAt: longAgo });
  await room.event(erased, '/help', { kind: 'command', receivedAt: longAgo });
  await room.prisma.reply.create({ data: { conversationId: erased.id, body: {}, createdAt: longAgo } });
  const after = await work.read();
  expect(after.map(({ lane, depth }) => [lane, depth])).toEqual(
    before.map(({ lane, depth }) => [lane, depth]),
  );
  for (const { oldestSeconds } of after) expect(oldestSeconds).toBeLessThan(86_400);
  // A command is answered in a paused conversation too, and an operator’s message is sent.
  await room.event(paused, '/help', { kind: 'command' });
  await room.prisma.reply.create({ data: { conversationId: paused.id, body: {} } });
  const isUnchanged = (lane: string) => ['turns', 'webhooks'].includes(lane);
  expect((await work.read()).map(({ depth }) => depth)).toEqual(
    before.map(({ lane, depth }) => (isUnchanged(lane) ? depth : depth + 1)),
  );
});
