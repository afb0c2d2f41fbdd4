import { Injectable } from '@nestjs/common';
import type { ChannelMessageId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../queue/lease/lease.repository.js';
import { type FloodChat, FloodGate } from './flood/flood-gate.js';

/** Rolls `begin` back. */
class GateClosed extends Error {
  constructor(readonly waitMs: number) {
    super('the flood gate is closed');
  }
}

/**
 * The notices of a chat's waiting time: at most one a conversation, for as long as its message waits. The notice then
 * becomes the draft of the turn, and so its answer.
 */
@Injectable()
export class WaitNoticeRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly gate: FloodGate,
  ) {}

  /**
   * Records that the notice is about to be sent, under the lease of the lane "turns", so that no turn begins meanwhile.
   * @param eventId of the message that waits
   * @returns 0: send it now. Otherwise nothing is recorded: null if one was tried already, or while replies of the
   * conversation, which it must not overtake, are unsent; or milliseconds until the caller may ask again, because the
   * flood gate holds it back: it yields to all replies, as drafts do
   * @throws LeaseLostError
   */
  async begin(lease: Lease, eventId: bigint, chat: FloodChat): Promise<number | null> {
    try {
      return (await this.beginWithin(lease, eventId, chat)) ? 0 : null;
    } catch (error) {
      if (error instanceof GateClosed) return error.waitMs;
      throw error;
    }
  }

  private async beginWithin(lease: Lease, eventId: bigint, chat: FloodChat): Promise<boolean> {
    const { conversationId } = lease;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const begun = await tx.$executeRaw`
        INSERT INTO wait_notices (conversation_id, event_id)
        SELECT ${conversationId}::uuid, ${eventId}
        WHERE NOT EXISTS (
          SELECT 1 FROM replies WHERE conversation_id = ${conversationId}::uuid AND settled_at IS NULL)
        ON CONFLICT (conversation_id) DO UPDATE SET event_id = EXCLUDED.event_id, channel_message_id = NULL
        -- What the one before tells of waits no more: no turn took it over, for example because it was dropped.
        WHERE (SELECT e.state = 'waiting' FROM events e WHERE e.id = wait_notices.event_id) IS NOT TRUE`;
      if (begun === 0) return false;
      const waitMs = await this.gate.pass(tx, chat, { class: 'draft', inLine: false });
      if (waitMs > 0) throw new GateClosed(waitMs);
      return true;
    });
  }

  /** @throws LeaseLostError */
  async shown(lease: Lease, channelMessageId: ChannelMessageId): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.waitNotice.updateMany({
        where: { conversationId: lease.conversationId },
        data: { channelMessageId },
      });
    });
  }

  /**
   * In the transaction in which a turn claims its events: turns the notice about one of them into the turn's draft,
   * which shows none of the answer yet. A notice that may not have arrived is left alone, and the answer is a new
   * message.
   */
  async becomeDraft(tx: Prisma.TransactionClient, conversationId: string, turnId: string): Promise<void> {
    await tx.$executeRaw`
      WITH over AS (
        DELETE FROM wait_notices n USING events e
        WHERE n.conversation_id = ${conversationId}::uuid AND e.id = n.event_id AND e.state <> 'waiting'
        RETURNING n.channel_message_id, e.turn_id
      )
      INSERT INTO drafts (turn_id, state, channel_message_id, text)
      SELECT turn_id, 'shown', channel_message_id, '' FROM over
      WHERE turn_id = ${turnId}::uuid AND channel_message_id IS NOT NULL`;
  }

  /**
   * Deletes the notice of a message that waits no more and that no turn will answer. @returns the message that still
   * shows the notice; null: none
   */
  async takeUp(tx: Prisma.TransactionClient, conversationId: string): Promise<ChannelMessageId | null> {
    const [notice] = await tx.$queryRaw<{ channelMessageId: ChannelMessageId | null }[]>`
      DELETE FROM wait_notices n USING events e
      WHERE n.conversation_id = ${conversationId}::uuid AND e.id = n.event_id AND e.state <> 'waiting'
      RETURNING n.channel_message_id AS "channelMessageId"`;
    return notice?.channelMessageId ?? null;
  }
}
