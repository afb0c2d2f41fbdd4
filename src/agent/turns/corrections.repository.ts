import { Injectable } from '@nestjs/common';
import { ChannelMessageId } from '../../channel/ids.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { turnsAnsweredBy, turnThatAnswers } from '../../memory/continued-turns.js';
import { Ids } from '../../platform/runtime/ids.js';
import { EventReader } from './event-reader.js';
import type { ClaimedTurn } from './turn-run.js';
import { isAnswered, latestAnswer } from './answered.js';

/**
 * Corrects answers whose question was edited. Such a turn takes over the messages of the turn that answered before, the
 * edited one with its new text, so that the model sees the same request; its answer replaces the former one, in the
 * history and in the chat. Until then, and if it fails, the former answer stays.
 */
@Injectable()
export class CorrectionsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly outbox: Outbox,
    private readonly reader: EventReader,
    private readonly ids: Ids,
  ) {}

  /**
   * Begins the turn of a late edit, which owns this event alone. @returns null, and the event is done, if there is
   * nothing to correct
   * @throws LeaseLostError
   */
  async begin(lease: Lease, eventId: bigint): Promise<ClaimedTurn | null> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      // Read again: a newer edit may have replaced it since.
      const [event] = await tx.event.updateManyAndReturn({
        where: { id: eventId, state: 'waiting' },
        data: { state: 'done' },
      });
      return event ? await this.beginWith(tx, lease.conversationId, event) : null;
    });
  }

  private async beginWith(
    tx: Prisma.TransactionClient,
    conversationId: string,
    event: Event,
  ): Promise<ClaimedTurn | null> {
    const heard = this.reader.read(event);
    const edited = heard && (await this.edited(tx, conversationId, heard.channelMessageId));
    if (!heard || !edited?.turn) return null;
    const { turn: asked, ...message } = edited;
    const former = await turnThatAnswers(tx, asked);
    await this.record(tx, message, heard.text);
    const correctsId = isAnswered(former) ? await latestAnswer(tx, former) : null;
    if (correctsId === null) return null;
    const { epoch } = message;
    const userId = heard.sender?.userId ?? null;
    const turn = await tx.turn.create({
      data: { id: this.ids.next(), conversationId, state: 'running', epoch, userId, correctsId },
    });
    await tx.message.updateMany({
      where: { turnId: { in: await turnsAnsweredBy(tx, former) }, role: 'user' },
      data: { turnId: turn.id, stepIndex: null },
    });
    await tx.event.update({ where: { id: event.id }, data: { state: 'claimed', turnId: turn.id } });
    return { turn, heard: [heard], records: null };
  }

  private edited(
    tx: Prisma.TransactionClient,
    conversationId: string,
    channelMessageId: ChannelMessageId | null,
  ) {
    if (channelMessageId === null) return null;
    return tx.message.findFirst({
      where: { conversationId, channelMessageId, role: 'user' },
      orderBy: { id: 'desc' },
      include: { turn: true },
    });
  }

  private async record(tx: Prisma.TransactionClient, { id }: Pick<Message, 'id'>, text: string) {
    await tx.message.updateMany({ where: { id, text: { not: text } }, data: { text, editedAt: new Date() } });
  }

  /** Replaces the former answer by such a turn's answer, in the caller's transaction. */
  async answer(
    tx: Prisma.TransactionClient,
    turn: Turn,
    correctsId: bigint,
    { text, outside = false }: { readonly text: string; readonly outside?: boolean },
  ): Promise<void> {
    const { id: turnId, conversationId } = turn;
    const former = await tx.message.findUniqueOrThrow({ where: { id: correctsId } });
    await tx.message.update({
      where: { id: correctsId },
      data: { text, outside, turnId, editedAt: new Date() },
    });
    const question = await tx.message.findFirst({
      where: { turnId, role: 'user', editedAt: { not: null } },
      orderBy: { editedAt: 'desc' },
    });
    const messageId = question?.channelMessageId ?? null;
    await this.outbox.correct(tx, {
      conversationId,
      turnId,
      messageId: correctsId,
      text,
      formerTurnId: former.turnId,
      question: messageId === null ? null : ChannelMessageId(messageId),
    });
  }
}
