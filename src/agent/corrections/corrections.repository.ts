import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { turnsAnsweredBy, turnThatAnswers } from '../../memory/continued-turns.js';
import { Ids } from '../../runtime/ids.js';
import { EventReader } from '../turn/event-reader.js';
import { isAnswered, latestAnswer } from './answered.js';

/**
 * Answers that are corrected because their question was edited. Such a turn takes over the messages of the turn that
 * answered before, the edited one with its new text, so that the model sees what it saw then; its answer takes the place
 * of the former one, in the history and in the chat. Until then, and where it fails, the former answer stays.
 */
@Injectable()
export class Corrections {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly outbox: Outbox,
    private readonly reader: EventReader,
    private readonly ids: Ids,
  ) {}

  /**
   * Begins the turn of a late edit, which owns this event alone. @returns null, and the event is over, where there is
   * nothing to correct (any more)
   * @throws LeaseLostError
   */
  async begin(lease: Lease, eventId: bigint): Promise<Turn | null> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      // As it is now: a newer edit may have taken its place since it was read.
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
  ): Promise<Turn | null> {
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
    return turn;
  }

  private edited(tx: Prisma.TransactionClient, conversationId: string, channelMessageId: bigint | null) {
    return tx.message.findFirst({
      where: { conversationId, channelMessageId: channelMessageId ?? -1n, role: 'user' },
      orderBy: { id: 'desc' },
      include: { turn: true },
    });
  }

  private async record(tx: Prisma.TransactionClient, { id }: Pick<Message, 'id'>, text: string) {
    await tx.message.updateMany({ where: { id, text: { not: text } }, data: { text, editedAt: new Date() } });
  }

  /** Puts the answer of such a turn into the place of the former one, in the caller's transaction. */
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
    await this.outbox.correct(tx, {
      conversationId,
      turnId,
      messageId: correctsId,
      text,
      formerTurnId: former.turnId,
      question: question?.channelMessageId ?? null,
    });
  }
}
