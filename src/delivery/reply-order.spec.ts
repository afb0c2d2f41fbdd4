import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { ChannelMessageId } from '../channel/ids.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { LATE_MS, markLateEdit } from './late-edit.js';
import { ReplyRepository } from './reply.repository.js';

let agent: AgentRoom;
let replies: ReplyRepository;

beforeAll(async () => {
  agent = await AgentRoom.open();
  replies = new ReplyRepository(agent.room.prisma, agent.room.leases, agent.gate);
});
afterAll(() => agent.close());

const write = (conversationId: string, text: string) =>
  agent.room.prisma.$transaction((tx) => agent.outbox.add(tx, { conversationId, text }));

describe('The order of replies', () => {
  it('is that of their commits, even when a clock was set back between them', async () => {
    const { id } = await agent.room.conversation();
    await write(id, 'first');
    await write(id, 'second');
    const [first, second] = await agent.room.prisma.reply.findMany({
      where: { conversationId: id },
      orderBy: { id: 'asc' },
    });
    const earlier = new Date(Date.now() - 3_600_000);
    await agent.room.prisma.reply.update({
      where: { id: second?.id ?? 0n },
      data: { createdAt: earlier, availableAt: earlier },
    });
    expect((await replies.nextOpen(id))?.id).toBe(first?.id);
  });
});

describe('The record of a reply', () => {
  const send = async (lease: Lease) => {
    const reply = await replies.nextOpen(lease.conversationId);
    if (!reply) throw new Error('nothing waits');
    await replies.markSending(lease, reply);
    return await replies.sent(lease, reply, 'sent', ChannelMessageId(String(reply.id)));
  };
  const isFree = async (id: string) => (await agent.room.leases.acquire(id, 'deliveries')) !== null;

  it('gives the sender’s lease back with the last one, and not before', async () => {
    const { id } = await agent.room.conversation();
    await write(id, 'first');
    await write(id, 'second');
    const lease = await agent.room.lease(id, 'deliveries');
    expect(await send(lease)).toBe(true);
    expect(await isFree(id)).toBe(false);
    expect(await send(lease)).toBe(false);
    expect(await isFree(id)).toBe(true);
  });

  it('keeps the lease while the text of a message is in doubt', async () => {
    const { id: conversationId } = await agent.room.conversation();
    await write(conversationId, 'edited elsewhere');
    const lease = await agent.room.lease(conversationId, 'deliveries');
    await agent.room.prisma.$transaction((tx) =>
      markLateEdit(tx, { conversationId, channelMessageId: ChannelMessageId('6') }, LATE_MS),
    );
    expect(await send(lease)).toBe(true);
    expect(await isFree(conversationId)).toBe(false);
  });
});

describe('A wait notice', () => {
  it('does not start while a reply of the conversation is unsent', async () => {
    const conversation = await agent.room.conversation();
    const eventId = await agent.room.event(conversation, 'hello');
    const lease = await agent.room.lease(conversation.id);
    await write(conversation.id, 'an answer');
    expect(await agent.waitNotices.begin(lease, eventId, conversation)).toBeNull();
    await agent.room.prisma.reply.deleteMany({ where: { conversationId: conversation.id } });
    expect(await agent.waitNotices.begin(lease, eventId, conversation)).toBe(0);
  });
});
