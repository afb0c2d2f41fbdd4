import { Injectable } from '@nestjs/common';
import type { Destination } from '../../channel/channel.js';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { PrismaService } from '../../database/prisma.service.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { holdConversations } from '../../delivery/hold-conversations.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Approval, Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import type { ApprovalReason, Texts } from '../../texts/texts.js';
import { textsFor } from '../../texts/texts-for.js';
import {
  choicesOf,
  type Decider,
  type Decision,
  type Ending,
  type Judge,
  outcome,
  question,
} from './approval-words.js';

/** A call that has to be allowed. */
export interface NewApproval {
  readonly id: string;
  readonly stepIndex: number;
  readonly tool: string;
  readonly arguments: string;
  /** Null: it cannot be told for whom of several people it is, or who they are. */
  readonly askedBy: bigint | null;
  /** Why it has to be; said in the question. */
  readonly why: ApprovalReason;
}

export interface Parking {
  readonly turn: Turn;
  readonly approvals: readonly NewApproval[];
  /** The conversations in which it is asked. */
  readonly askIn: readonly string[];
  /** Who may decide where it is asked. */
  readonly judge: Judge;
  /** Of who asked for what led to the calls. */
  readonly languageCode: string | null;
  readonly timeoutMs: number;
}

/** With the chat for which it is to be made. */
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
    private readonly budgets: BudgetLedger,
  ) {}

  /** The turn's approvals by the step of their call. */
  async of(turnId: string): Promise<ReadonlyMap<number, Approval>> {
    const approvals = await this.prisma.approval.findMany({ where: { turnId } });
    return new Map(approvals.map((approval) => [approval.stepIndex, approval]));
  }

  /** Null too where its conversation is being erased. */
  find(tx: Prisma.TransactionClient, id: string): Promise<Approval | null> {
    return tx.approval.findUnique({ where: { id, conversation: { erasedAt: null } } });
  }

  /** Null where it is no tool call of a conversation of this channel. */
  findIn(tx: Prisma.TransactionClient, channel: string, id: string): Promise<PlacedApproval | null> {
    return tx.approval.findFirst({
      where: { id, conversation: { channel } },
      include: { conversation: { select: { chatId: true } } },
    });
  }

  /**
   * Parks the turn and asks, in one commit: the lane is free for other messages, and whoever decides wakes the turn.
   * @throws LeaseLostError
   */
  async park(lease: Lease, parking: Parking): Promise<void> {
    const { turn, approvals, askIn, judge, languageCode, timeoutMs } = parking;
    const { conversationId } = turn;
    // Told to the turn's own conversation, where it is asked elsewhere; also what its history says until it goes on.
    const notice = textsFor(languageCode).approvals.waiting(approvals.map(({ tool }) => tool));
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      for (const { id, stepIndex, tool, arguments: given, askedBy, why } of approvals) {
        await tx.$executeRaw`
          INSERT INTO approvals (id, turn_id, step_index, conversation_id, tool, arguments, asked_by, expires_at)
          VALUES (${id}::uuid, ${turn.id}::uuid, ${stepIndex}, ${conversationId}::uuid, ${tool}, ${given}, ${askedBy},
                  clock_timestamp() + ${timeoutMs} * interval '1 ms')`;
        for (const asked of askIn) {
          const texts = asked === conversationId ? textsFor(languageCode) : await this.textsIn(tx, asked);
          const text = question({ tool, arguments: given }, why, judge, texts);
          const choices = choicesOf(id, texts);
          await this.outbox.ask(tx, { conversationId: asked, text, approvalId: id, choices });
        }
      }
      // Else the next turn would find unanswered messages, and call the same tool.
      const messageId = await this.messages.addAnswer(tx, turn, notice);
      // A draft becomes the notice: what the turn comes to later stands below what is said meanwhile.
      const draft = await this.drafts.read(tx, turn.id);
      if (draft || !askIn.includes(conversationId))
        await this.outbox.add(tx, { conversationId, turnId: turn.id, text: notice, messageId });
      await tx.turn.update({ where: { id: turn.id }, data: { state: 'parked' } });
      // Who knows for how long: what it needs when it goes on is reserved then.
      await this.budgets.settle(tx, [turn.id]);
    });
  }

  /** Has who decides in this chat been shown all of the call? */
  isShown(
    tx: Prisma.TransactionClient,
    id: string,
    chat: Pick<Destination, 'channel' | 'chatId'>,
  ): Promise<boolean> {
    return this.outbox.isWhole(tx, id, chat);
  }

  /**
   * Decides once, as long as it has not expired; the turn can go on when all its calls are decided.
   * @param by who decides; null: time
   * @param reason for the model
   * @returns the decided approval; null where it was decided before, or there is none
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
    // One after the other: of two last decisions one has to see the other.
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

  /** The turn is cancelled in the caller's transaction: nobody is asked any more. */
  async withdraw(tx: Prisma.TransactionClient, turnId: string): Promise<void> {
    const withdrawn = await tx.approval.updateManyAndReturn({
      where: { turnId, state: 'pending' },
      data: { state: 'expired', decidedAt: new Date() },
    });
    for (const approval of withdrawn) await this.answer(tx, approval, 'withdrawn', null);
  }

  /** Those whose time is over, oldest first; without those that somebody is at, or whose turn or conversation is locked. */
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
    ending: Ending,
    by: Decider | null,
  ): Promise<void> {
    await this.outbox.answerQuestion(tx, approval.id, async (conversationId) =>
      outcome(approval, ending, by, await this.textsIn(tx, conversationId)),
    );
  }

  /** Of those who read there. */
  private async textsIn(tx: Prisma.TransactionClient, conversationId: string): Promise<Texts> {
    return textsFor(await this.people.languageIn(tx, conversationId));
  }
}
