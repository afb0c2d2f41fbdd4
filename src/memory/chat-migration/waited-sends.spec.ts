import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId } from '../../channel/ids.js';
import { chatMigrations } from '../../../test/support/delivery-parts.js';
import { eventually } from '../../../test/support/eventually.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import type { ChatMigration } from '../../channel/inbound.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { ConversationMerge } from './conversation-merge.js';

let room: Room;
let move: ChatMigration;
let group: Conversation;
/** The conversation of the new chat, which is merged into the group's older one. */
let other: Conversation;

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
  other = await room.conversation({ chatId: move.toChatId, chatType: 'supergroup' });
});

const moveAll = () => chatMigrations(room.prisma).migrate('telegram', move);

describe('A chat that migrates', () => {
  it('waits for a send of the conversation that goes, which is recorded and not repeated', async () => {
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

  it('waits for the first message of a streamed reply, which continues in it', async () => {
    const lease = await room.lease(other.id);
    const { id: turnId } = await room.prisma.turn.create({
      data: { id: room.ids.next(), conversationId: other.id, epoch: 0 },
    });
    await room.prisma.draft.create({ data: { turnId, text: 'so far' } });
    const { moving } = await movingBehind(lease);
    await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      await tx.draft.update({ where: { turnId }, data: { state: 'shown', channelMessageId: '5' } });
    });
    await moving;
    expect(await room.prisma.draft.findUnique({ where: { turnId } })).toMatchObject({
      channelMessageId: '5',
    });
  });

  it('waits for a wait notice that is being sent, which is edited later', async () => {
    const lease = await room.lease(other.id);
    const eventId = await room.event(other, 'waits');
    await room.prisma.waitNotice.create({ data: { conversationId: other.id, eventId } });
    const { moving } = await movingBehind(lease);
    await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      await tx.waitNotice.updateMany({ where: { eventId }, data: { channelMessageId: '5' } });
    });
    await moving;
    const notice = await room.prisma.waitNotice.findUnique({ where: { conversationId: group.id } });
    expect(notice).toMatchObject({ eventId, channelMessageId: '5' });
  });

  it('waits for no send of a dead process', async () => {
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

/** A migration that has checked the sends under way before every other process, and has made what changes it could. */
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
