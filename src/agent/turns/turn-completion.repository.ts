import { Injectable } from '@nestjs/common';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { Outbox } from '../../delivery/outbox.js';
import type { ErrorText } from '../../platform/errors/error-text.js';
import { Prisma, type ReplyClass, type Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { INTERRUPTED } from '../../memory/continued-turns.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { Ids } from '../../platform/runtime/ids.js';
import { UNWRITTEN_SOURCES } from '../../channel/event-source.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { finishSilently, finishTurn, type FinishedRow } from './finish-turn.js';
import { type ModelStep, StepRepository } from './step.repository.js';
import { TurnDropRepository } from './turn-drop.repository.js';
import type { TurnOutcome } from './turn-outcome.js';
import { mayHoldOutside } from './cut-short-origin.js';

/** The end of a turn: with an answer or, if no person waits for one, without. */
export type TurnEnd = TurnAnswer | TurnSilence;

export interface TurnAnswer {
  readonly text: string;
  readonly model: string | null;
  /** Set if the answer is not the model's own: a stable code. */
  readonly errorCode: string | null;
  /** Set if the model wrote it with text from outside in its request. */
  readonly outside?: true;
  /** The model call that wrote it, unless it is recorded already: it is committed with the end. */
  readonly lastStep?: ModelStep;
}

/** The agent chose to say nothing: see `StaySilentTool`. All its steps are recorded. */
export interface TurnSilence {
  readonly text: null;
  readonly model: string | null;
  readonly errorCode: 'STAYED_SILENT';
  readonly lastStep?: undefined;
}

export interface TurnFailure {
  readonly code: string;
  readonly error: ErrorText;
  /** The notice to the user. */
  readonly text: string;
}

/**
 * The ends of a turn in the database: done, failed, interrupted, cancelled. Each is one commit that checks the lease
 * first, and settles the turn's budgets and its events, which an interrupted turn leaves to its successor. A blocked
 * chat gets no answer: its turn is cancelled, whatever its result.
 */
@Injectable()
export class TurnCompletionRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly messages: MessageRepository,
    private readonly outbox: Outbox,
    private readonly drafts: DraftRepository,
    private readonly drops: TurnDropRepository,
    private readonly corrections: CorrectionsRepository,
    private readonly steps: StepRepository,
    private readonly budgets: BudgetLedgerRepository,
    private readonly ids: Ids,
  ) {}

  /**
   * Ends the turn: answer, replies and events. It is the last commit of its run, and gives the lease back. The last step
   * of a correction must be recorded before.
   * @throws LeaseLostError
   */
  async finish(lease: Lease, turn: Turn, end: TurnEnd): Promise<TurnOutcome> {
    const { correctsId } = turn;
    // Only another answer replaces a good answer, never a notice that there is none.
    if (correctsId !== null && end.text !== null && end.errorCode === null) {
      const replied = await this.finishCorrection(lease, turn, correctsId, end);
      return { lane: { next: 'now' }, replied };
    }
    const finished = await this.finishUnblocked(lease, turn, end);
    const says = end.text !== null;
    if (finished) return { lane: { next: finished.hasWaiting ? 'now' : 'none' }, replied: says };
    return { lane: { next: 'now' }, replied: (await this.finishIfUnblocked(lease, turn, end)) && says };
  }

  /** @returns null, with nothing written, for a blocked chat */
  private async finishUnblocked(lease: Lease, turn: Turn, end: TurnEnd): Promise<FinishedRow | null> {
    const lastStep = end.lastStep ? this.steps.insertOf(end.lastStep, Prisma.empty) : null;
    const statement = this.statementOf(turn, end, lastStep);
    try {
      return await this.leases.commitLast(lease, async (run) => {
        const [row] = await run<FinishedRow>(statement);
        if (!row) throw new ChatBlocked();
        await run(this.budgets.settlementOf(turn.id));
        return row;
      });
    } catch (error) {
      if (error instanceof ChatBlocked) return null;
      throw error;
    }
  }

  /** The call was made and is paid for, whether the chat gets the answer or not. */
  private async finishIfUnblocked(lease: Lease, turn: Turn, end: TurnEnd): Promise<boolean> {
    if (end.lastStep) await this.steps.add(lease, end.lastStep);
    return await this.unlessBlocked(lease, turn, async (tx) => {
      await tx.$queryRaw(this.statementOf(turn, end, null));
    });
  }

  private statementOf(turn: Turn, end: TurnEnd, lastStep: Prisma.Sql | null): Prisma.Sql {
    return end.text === null
      ? finishSilently(turn, end)
      : finishTurn(turn, end, this.outbox.writesOf({ text: end.text, turnId: turn.id }), lastStep);
  }

  private finishCorrection(lease: Lease, turn: Turn, correctsId: bigint, end: TurnAnswer): Promise<boolean> {
    return this.unlessBlocked(lease, turn, async (tx) => {
      await this.corrections.answer(tx, turn, correctsId, end);
      await tx.event.updateMany({ where: { turnId: turn.id }, data: { state: 'done' } });
      await tx.turn.update({
        where: { id: turn.id },
        data: { model: end.model, errorCode: end.errorCode, state: 'done', finishedAt: new Date() },
      });
    });
  }

  /**
   * Ends a turn that failed for good: the apology enters the history, so that the next turn does not retry the same
   * messages, and a dead letter keeps what a replay needs.
   * @returns whether there are replies to send
   * @throws LeaseLostError
   */
  fail(lease: Lease, turn: Turn, failure: TurnFailure): Promise<boolean> {
    return this.unlessBlocked(lease, turn, async (tx) => {
      const firstError = turn.firstError ?? failure.error;
      await this.answer(tx, turn, { text: failure.text });
      await tx.event.updateMany({ where: { turnId: turn.id }, data: { state: 'dead' } });
      const { attempts } = await tx.turn.update({
        where: { id: turn.id },
        data: {
          state: 'failed',
          attempts: { increment: 1 },
          errorCode: failure.code,
          error: failure.error,
          firstError,
          finishedAt: new Date(),
        },
      });
      const events = await tx.event.findMany({
        where: { turnId: turn.id },
        select: { source: true, externalId: true },
      });
      await tx.deadLetter.create({
        data: {
          id: this.ids.next(),
          kind: 'turn',
          subjectId: turn.id,
          conversationId: turn.conversationId,
          reason: failure.code,
          attempts,
          firstError,
          lastError: failure.error,
          payload: { events },
        },
      });
    });
  }

  /**
   * Ends an interrupted turn without an answer, in the transaction that begins its successor. Its finished steps and
   * the shown part of its answer stay; the successor answers its messages.
   * @returns whether there are replies to send
   */
  async interrupt(tx: Prisma.TransactionClient, turn: Turn): Promise<boolean> {
    await tx.turn.update({
      where: { id: turn.id },
      data: { state: 'cancelled', errorCode: INTERRUPTED, finishedAt: new Date() },
    });
    const draft = await this.drafts.read(tx, turn.id);
    if (draft?.state === 'shown') await this.cutShort(tx, turn, draft.text);
    await this.budgets.settleReservation(tx, [turn.id]);
    return draft?.state === 'shown';
  }

  private async cutShort(tx: Prisma.TransactionClient, turn: Turn, said: string): Promise<void> {
    const { id: turnId, conversationId } = turn;
    // Without a shown part, it is the notice that the chat waits, and no turn will replace it by an answer.
    const text = said === '' ? '…' : `${said} …`;
    const messageId = said === '' ? {} : { messageId: await this.addCutShort(tx, turn, text) };
    // A person waits for the replies behind it.
    await this.outbox.add(tx, { conversationId, turnId, text, ...messageId, class: 'interactive' });
  }

  private async addCutShort(tx: Prisma.TransactionClient, turn: Turn, text: string): Promise<bigint> {
    return await this.messages.addAnswer(tx, turn, text, { outside: await mayHoldOutside(tx, turn) });
  }

  private async unlessBlocked(
    lease: Lease,
    turn: Turn,
    end: (tx: Prisma.TransactionClient) => Promise<void>,
  ): Promise<boolean> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const blocked = await this.conversations.isBlocked(tx, turn.conversationId);
      await (blocked ? this.drops.cancel(tx, turn, 'CHAT_BLOCKED') : end(tx));
      await this.budgets.settleReservation(tx, [turn.id]);
      return !blocked;
    });
  }

  private async answer(
    tx: Prisma.TransactionClient,
    turn: Turn,
    { text, outside = false }: Pick<TurnAnswer, 'text'> & { readonly outside?: boolean },
  ): Promise<void> {
    const messageId = await this.messages.addAnswer(tx, turn, text, { outside });
    const { id: turnId, conversationId } = turn;
    await this.outbox.add(tx, {
      conversationId,
      turnId,
      messageId,
      text,
      class: await this.classOf(tx, turnId),
    });
  }

  /** The class of the answer: interactive if a person asked. */
  private async classOf(tx: Prisma.TransactionClient, turnId: string): Promise<ReplyClass> {
    const asked = await tx.event.findFirst({
      where: { turnId, source: { notIn: UNWRITTEN_SOURCES } },
      select: { id: true },
    });
    return asked ? 'interactive' : 'background';
  }
}

/** Rolls the end of a turn back: its chat is blocked. */
class ChatBlocked extends Error {}
