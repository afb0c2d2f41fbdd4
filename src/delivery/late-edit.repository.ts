import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../queue/lease/lease.repository.js';
import { type FloodChat, FloodGate } from './flood/flood-gate.js';
import { type Doubt, LATE_MS, markLateEdit, nextConfirmationMs, type ShownMessage } from './late-edit.js';

/** No doubt lasts longer than this from now on, even one recorded before the database's clock was set back. */
const latest = Prisma.sql`clock_timestamp() + ${LATE_MS} * interval '1 ms'`;
const atMost = (until: Prisma.Sql): Prisma.Sql => Prisma.sql`least(${until}, ${latest})`;

/**
 * Messages whose text may have been overwritten by a late edit: see `markLateEdit`. The holder of the lane "deliveries"
 * sends their text once more.
 */
@Injectable()
export class LateEditRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly gate: FloodGate,
  ) {}

  /** See `markLateEdit`. */
  async mark(message: ShownMessage, forMs: number): Promise<void> {
    await markLateEdit(this.prisma, message, forMs);
  }

  /**
   * Passes a confirmation through the flood gate. From then on it counts as a possible late edit itself: its text may
   * be replaced before it arrives.
   * @returns milliseconds until the caller may ask again; 0: send the text now; null: nothing is in doubt any more
   * @throws LeaseLostError
   */
  async begin(
    lease: Lease,
    message: ShownMessage,
    chat: FloodChat,
    { gated }: Doubt,
  ): Promise<number | null> {
    return await this.fenced(lease, async (tx) => {
      const { conversationId, channelMessageId } = message;
      const rows = await tx.$queryRaw<object[]>`
        SELECT marks FROM late_edits
        WHERE conversation_id = ${conversationId}::uuid AND channel_message_id = ${channelMessageId} FOR UPDATE`;
      if (rows.length === 0) return null;
      const waitMs = await this.gate.pass(tx, chat, { class: 'background', inLine: gated });
      await tx.$executeRaw`
        UPDATE late_edits SET
          gated = ${waitMs > 0},
          confirm_at = clock_timestamp() + ${waitMs} * interval '1 ms',
          until = CASE WHEN ${waitMs > 0} THEN ${atMost(Prisma.sql`until`)} ELSE ${latest} END,
          put_off_at = clock_timestamp()
        WHERE conversation_id = ${conversationId}::uuid AND channel_message_id = ${channelMessageId}`;
      return waitMs;
    });
  }

  /**
   * Records that the text was sent. Ends the doubt if its time was over; else schedules one more confirmation. An edit
   * that was marked meanwhile stays in doubt.
   * @throws LeaseLostError
   */
  async confirmed(lease: Lease, message: ShownMessage, doubt: Doubt): Promise<void> {
    const delayMs = nextConfirmationMs(doubt);
    if (delayMs === null) return await this.end(lease, message, doubt);
    const { conversationId, channelMessageId } = message;
    await this.fenced(
      lease,
      (tx) => tx.$executeRaw`
        UPDATE late_edits SET tries = 0, until = ${atMost(Prisma.sql`${doubt.until}::timestamptz`)}, put_off_at = clock_timestamp(),
          confirm_at = clock_timestamp() + ${delayMs} * interval '1 ms'
        WHERE conversation_id = ${conversationId}::uuid AND channel_message_id = ${channelMessageId}
          AND marks = ${doubt.marks}`,
    );
  }

  /** Records a confirmation that failed or has an unknown outcome. @throws LeaseLostError */
  async putOff(lease: Lease, message: ShownMessage, delayMs: number): Promise<void> {
    const { conversationId, channelMessageId } = message;
    await this.fenced(
      lease,
      (tx) => tx.$executeRaw`
        UPDATE late_edits SET tries = tries + 1, until = ${atMost(Prisma.sql`until`)}, put_off_at = clock_timestamp(),
          confirm_at = clock_timestamp() + ${delayMs} * interval '1 ms'
        WHERE conversation_id = ${conversationId}::uuid AND channel_message_id = ${channelMessageId}`,
    );
  }

  /** Ends the doubt, except for edits that were marked meanwhile. @throws LeaseLostError */
  async end(
    lease: Lease,
    { conversationId, channelMessageId }: ShownMessage,
    { marks }: Doubt,
  ): Promise<void> {
    await this.fenced(
      lease,
      (tx) => tx.$executeRaw`
        DELETE FROM late_edits
        WHERE conversation_id = ${conversationId}::uuid AND channel_message_id = ${channelMessageId}
          AND marks = ${marks}`,
    );
  }

  private async fenced<T>(lease: Lease, change: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      return await change(tx);
    });
  }
}
