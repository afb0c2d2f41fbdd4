import { Injectable } from '@nestjs/common';
import type { UserId } from '../../channel/ids.js';
import type { Destination } from '../../channel/channel.js';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { holdConversations } from '../../delivery/hold-conversations.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Approval, Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import type { ApprovalReason, I18n } from '../../platform/i18n/i18n.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import {
  choicesOf,
  type Decider,
  type Decision,
  type ApprovalEnding,
  type Judge,
  outcome,
  question,
} from './approval-words.js';

/** A call that needs an approval. */
export interface NewApproval {
  readonly id: string;
  readonly stepIndex: number;
  readonly tool: string;
  readonly arguments: string;
  /** Null: the asker is one of several people, or not known. */
  readonly askedBy: UserId | null;
  /** Why it needs an approval; shown in the question. */
  readonly why: ApprovalReason;
}

export interface Parking {
  readonly turn: Turn;
  readonly approvals: readonly NewApproval[];
  /** The conversations in which it is asked. */
  readonly askIn: readonly string[];
  /** The possible approvers in that conversation. */
  readonly judge: Judge;
  /** The language of the person whose message led to the calls. */
  readonly languageCode: string | null;
  readonly timeoutMs: number;
}

/** With the chat for which the call is made. */
export interface PlacedApproval extends Approval {
  readonly conversation: Pick<Conversation, 'chatId'>;
}

/** Tool calls that wait for a person, and their turns, which are parked meanwhile. */
@Injectable()
export class ApprovalRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly messages: MessageRepository,
    private readonly outbox: Outbox,
    private readonly drafts: DraftRepository,
    private readonly people: PersonRepository,
    private readonly budgets: BudgetLedgerRepository,
  ) {}

  /** The turn's approvals by the step of their call. */
  async findByTurn(turnId: string): Promise<ReadonlyMap<number, Approval>> {
    const approvals = await this.prisma.approval.findMany({ where: { turnId } });
    return new Map(approvals.map((approval) => [approval.stepIndex, approval]));
  }

  /** Null too if its conversation is being erased. */
  find(tx: Prisma.TransactionClient, id: string): Promise<Approval | null> {
    return tx.approval.findUnique({ where: { id, conversation: { erasedAt: null } } });
  }

  /** Null if it is no tool call of a conversation of this channel. */
  findIn(tx: Prisma.TransactionClient, channel: string, id: string): Promise<PlacedApproval | null> {
    return tx.approval.findFirst({
      where: { id, conversation: { channel } },
      include: { conversation: { select: { chatId: true } } },
    });
  }

  /**
   * Parks the turn and asks, in one commit: the lane is then open for other messages, and a decision wakes the turn.
   * @throws LeaseLostError
   */
  async park(lease: Lease, parking: Parking): Promise<void> {
    const { turn, approvals, askIn, judge, languageCode, timeoutMs } = parking;
    const { conversationId } = turn;
    // The notice in the turn's own conversation, if the question is elsewhere; also the history's text until the turn
    // goes on.
    const notice = i18nFor(languageCode).approvals.waiting(approvals.map(({ tool }) => tool));
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      for (const { id, stepIndex, tool, arguments: given, askedBy, why } of approvals) {
        await tx.$executeRaw`
          INSERT INTO approvals (id, turn_id, step_index, conversation_id, tool, arguments, asked_by, expires_at)
          VALUES (${id}::uuid, ${turn.id}::uuid, ${stepIndex}, ${conversationId}::uuid, ${tool}, ${given}, ${askedBy},
                  clock_timestamp() + ${timeoutMs} * interval '1 ms')`;
        for (const asked of askIn) {
          const i18n = asked === conversationId ? i18nFor(languageCode) : await this.textsIn(tx, asked);
          const text = question({ tool, arguments: given }, why, judge, i18n);
          const choices = choicesOf(id, i18n);
          const withoutButtons = i18n.approvals.byOperator(id);
          await this.outbox.ask(tx, { conversationId: asked, text, questionId: id, choices, withoutButtons });
        }
      }
      // Otherwise the next turn would find unanswered messages, and call the same tool.
      const messageId = await this.messages.addAnswer(tx, turn, notice);
      // A draft becomes the notice, so that the turn's answer stands below later messages.
      const draft = await this.drafts.read(tx, turn.id);
      if (draft || !askIn.includes(conversationId))
        await this.outbox.add(tx, { conversationId, turnId: turn.id, text: notice, messageId });
      await tx.turn.update({ where: { id: turn.id }, data: { state: 'parked' } });
      // The wait may be long: the turn reserves budget again when it goes on.
      await this.budgets.settleReservation(tx, [turn.id]);
    });
  }

  /** Whether this chat has been shown the whole call. */
  isShown(
    tx: Prisma.TransactionClient,
    id: string,
    chat: Pick<Destination, 'channel' | 'chatId'>,
  ): Promise<boolean> {
    return this.outbox.isWhole(tx, id, chat);
  }

  /**
   * Decides once, unless it has expired; the turn can go on when all its calls are decided.
   * @param by the approver; null: time
   * @param reason for the model
   * @returns the decided approval; null if it was decided before, or there is none
   */
  async decide(
    tx: Prisma.TransactionClient,
    id: string,
    decision: Decision,
    by: Decider | null,
    reason: string | null = null,
  ): Promise<Approval | null> {
    const known = await this.find(tx, id);
    if (!known) return null;
    await holdConversations(tx, known);
    // Serialised: of two last decisions one must see the other.
    await tx.$queryRaw`SELECT 1 FROM turns WHERE id = ${known.turnId}::uuid FOR UPDATE`;
    const decided = await tx.$executeRaw`
      UPDATE approvals SET state = ${decision}::approval_state, decided_at = clock_timestamp(), decided_by = ${by?.key ?? null},
        reason = ${reason}
      WHERE id = ${id}::uuid AND state = 'pending'
        AND (expires_at > clock_timestamp()) = (${decision} <> 'expired')`;
    if (decided === 0) return null;
    await tx.$executeRaw`
      UPDATE turns SET state = 'waiting', available_at = clock_timestamp(), deferred_at = NULL
      WHERE id = ${known.turnId}::uuid AND state = 'parked'
        AND NOT EXISTS (SELECT 1 FROM approvals WHERE turn_id = ${known.turnId}::uuid AND state = 'pending')`;
    await this.answer(tx, known, decision, by);
    return known;
  }

  /** Withdraws the questions of a turn that is cancelled in the caller's transaction. */
  async withdraw(tx: Prisma.TransactionClient, turnId: string): Promise<void> {
    const withdrawn = await tx.approval.updateManyAndReturn({
      where: { turnId, state: 'pending' },
      data: { state: 'expired', decidedAt: new Date() },
    });
    for (const approval of withdrawn) await this.answer(tx, approval, 'withdrawn', null);
  }

  /** Expired approvals, oldest first; without locked ones, and those whose turn or conversation is locked. */
  async overdue(limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT a.id FROM approvals a
      JOIN turns t ON t.id = a.turn_id
      JOIN conversations c ON c.id = a.conversation_id
      WHERE a.state = 'pending' AND a.expires_at <= clock_timestamp() AND c.erased_at IS NULL
      ORDER BY a.expires_at LIMIT ${limit}
      FOR KEY SHARE OF c SKIP LOCKED FOR UPDATE OF t, a SKIP LOCKED`;
    return rows.map(({ id }) => id);
  }

  private async answer(
    tx: Prisma.TransactionClient,
    approval: Approval,
    ending: ApprovalEnding,
    by: Decider | null,
  ): Promise<void> {
    await this.outbox.answerQuestion(tx, approval.id, async (conversationId) =>
      outcome(approval, ending, by, await this.textsIn(tx, conversationId)),
    );
  }

  /** The language of its readers. */
  private async textsIn(tx: Prisma.TransactionClient, conversationId: string): Promise<I18n> {
    return i18nFor(await this.people.languageIn(tx, conversationId));
  }
}
