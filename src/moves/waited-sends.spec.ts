import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatMoves } from '../../test/support/delivery-parts.js';
import { eventually } from '../../test/support/eventually.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import type { ChatMove } from '../channel/inbound.js';
import type { Conversation } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { ConversationMerge } from './conversation-merge.js';

let room: Room;
let move: ChatMove;
let group: Conversation;
/** Of the new chat: it goes into the older one of the group. */
let other: Conversation;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  move = { fromChatId: BigInt(-newChatId()), toChatId: BigInt(-1_000_000_000_000 - newChatId()) };
  group = await room.conversation({ chatId: move.fromChatId, chatType: 'group' });
  other = await room.conversation({ chatId: move.toChatId, chatType: 'supergroup' });
});

const moveAll = () => chatMoves(room.prisma).move('telegram', move);

describe('A chat that moves', () => {
  it('waits for a send of the one that goes, which is recorded, and not made again', async () => {
    const lease = await room.lease(other.id, 'deliveries');
    const { id } = await room.prisma.reply.create({
      data: { conversationId: other.id, body: {}, state: 'sending' },
    });
    const { moving } = await movingBehind(lease);
    await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      await tx.reply.update({ where: { id }, data: { state: 'sent', settledAt: new Date() } });
    });
    await moving;
    const replies = await room.prisma.reply.findMany({ where: { conversationId: group.id } });
    expect(replies).toMatchObject([{ id, state: 'sent' }]);
  });

  it('waits for the first message of an answer that is written, which goes on in it', async () => {
    const lease = await room.lease(other.id);
    const { id: turnId } = await room.prisma.turn.create({
      data: { id: room.ids.next(), conversationId: other.id, epoch: 0 },
    });
    await room.prisma.draft.create({ data: { turnId, text: 'so far' } });
    const { moving } = await movingBehind(lease);
    await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      await tx.draft.update({ where: { turnId }, data: { state: 'shown', channelMessageId: 5n } });
    });
    await moving;
    expect(await room.prisma.draft.findUnique({ where: { turnId } })).toMatchObject({ channelMessageId: 5n });
  });

  it('waits for a notice that is being sent, which is edited later', async () => {
    const lease = await room.lease(other.id);
    const eventId = await room.event(other, 'waits');
    await room.prisma.waitNotice.create({ data: { conversationId: other.id, eventId } });
    const { moving } = await movingBehind(lease);
    await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      await tx.waitNotice.updateMany({ where: { eventId }, data: { channelMessageId: 5n } });
    });
    await moving;
    const notice = await room.prisma.waitNotice.findUnique({ where: { conversationId: group.id } });
    expect(notice).toMatchObject({ eventId, channelMessageId: 5n });
  });

  it('waits for no send of a process that is gone', async () => {
    await room.lease(other.id, 'deliveries');
    await room.prisma.reply.create({ data: { conversationId: other.id, body: {}, state: 'sending' } });
    await room.expire(other.id);
    expect(
      await room.prisma.$transaction((tx) =>
        merging.hasSendsUnderWay(tx, [{ keep: group.id, gone: other.id }]),
      ),
    ).toBe(false);
    await moveAll();
    expect(await room.prisma.reply.count({ where: { conversationId: group.id, state: 'sending' } })).toBe(1);
  });
});

const merging = new ConversationMerge();

/** A move that has looked at what is under way before anybody else, and has done what it could. */
async function movingBehind(lease: Lease): Promise<{ readonly moving: Promise<unknown> }> {
  const begun = await room.prisma.$transaction(async (tx) => {
    await room.leases.assertHeld(tx, lease);
    const moving = moveAll();
    await room.somebodyWaitsForALock();
    return { moving };
  });
  await eventually(async () => {
    const open = await room.rows(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`,
    );
    expect(open).toHaveLength(0);
  });
  return begun;
}
