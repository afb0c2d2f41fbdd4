import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFloodGate } from '../../../test/support/delivery-parts.js';
import { Room } from '../../../test/support/room.js';
import { type OpenReply, ReplyRepository } from '../reply.repository.js';
import type { FloodGate } from './flood-gate.js';

let room: Room;
let gate: FloodGate;
let replies: ReplyRepository;

beforeAll(async () => {
  room = await Room.open();
  gate = openFloodGate(room.prisma, { botPerSecond: 2, chatPerSecond: 1, groupPerMinute: 20 });
  replies = new ReplyRepository(room.prisma, room.leases, gate);
});
afterAll(() => room.close());

/** A reply of a bot of its own that has sent before, as its sender reads it. */
async function openReply(channel: string) {
  const conversation = await room.conversation({ channel });
  const { chatId, chatType } = conversation;
  await room.prisma.reply.create({ data: { conversationId: conversation.id, body: { text: 'hi' } } });
  const lease = await room.lease(conversation.id, 'deliveries');
  const chat = { channel, chatId, chatType };
  const pass = () =>
    room.prisma.$transaction((tx) => gate.pass(tx, chat, { class: 'interactive', inLine: false }));
  const read = async (): Promise<OpenReply> => {
    const reply = await replies.nextOpen(conversation.id);
    if (!reply) throw new Error('no reply');
    return reply;
  };
  return { lease, read, pass };
}

const hitsOf = async (key: string) =>
  (await room.prisma.floodWindow.findUniqueOrThrow({ where: { key } })).hits;

describe('A reply that its windows pass as they were read', () => {
  it('is counted for its chat and its bot', async () => {
    const { lease, read, pass } = await openReply('telegram:counted');
    await pass();
    const reply = await read();
    expect(await replies.markSending(lease, reply)).toBe(0);
    expect(await hitsOf('telegram:counted')).toHaveLength(2);
    expect(await hitsOf(`telegram:counted:${reply.destination.chatId}`)).toHaveLength(2);
    expect(await read()).toMatchObject({ state: 'sending', attempts: 1 });
  });

  it('is not passed beside another one that was counted since', async () => {
    const [one, other] = [await openReply('telegram:beside'), await openReply('telegram:beside')];
    await one.pass();
    await other.pass();
    // Both windows have room for one more message, of either chat.
    await room.prisma.$executeRaw`
      UPDATE flood_windows SET hits = hits[1:1] WHERE key = 'telegram:beside'`;
    const [first, second] = [await one.read(), await other.read()];
    expect(await replies.markSending(one.lease, first)).toBe(0);
    expect(await replies.markSending(other.lease, second)).toBeGreaterThan(0);
    expect(await hitsOf('telegram:beside')).toHaveLength(2);
    expect(await other.read()).toMatchObject({ state: 'pending', attempts: 0 });
  });

  it('is counted at the time of its send, however long ago they were read', async () => {
    const { lease, read, pass } = await openReply('telegram:late');
    await pass();
    await room.prisma.$executeRaw`
      UPDATE flood_windows SET hits = ARRAY[hits[1] - 1000] WHERE starts_with(key, 'telegram:late')`;
    const reply = await read();
    const readAt = reply.windows?.[0]?.now ?? Infinity;
    const windows = reply.windows?.map((row) => ({ ...row, now: row.now - 900 })) ?? null;
    expect(await replies.markSending(lease, { ...reply, windows })).toBe(0);
    expect((await hitsOf('telegram:late')).at(-1)).toBeGreaterThanOrEqual(readAt);
  });
});
