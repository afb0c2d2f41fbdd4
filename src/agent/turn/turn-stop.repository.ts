import { Injectable } from '@nestjs/common';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import { type NewReply, Outbox } from '../../delivery/outbox.js';
import type { Prisma, Turn, TurnState } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import { previewIdOf } from '../live/preview-id.js';
import { textsFor } from '../../texts/texts-for.js';
import type { Texts } from '../../texts/texts.js';
import { mayHoldOutside } from './cut-short-origin.js';

/** What the chat is told; it belongs to the turn that was stopped, where there was one. */
export type Confirmation = Omit<NewReply, 'conversationId'>;

/** What an operator's wish to cancel a turn came to; `ended`: it was too late. */
export type Cancellation =
  | { readonly kind: 'cancelled'; readonly conversationId: string }
  | { readonly kind: 'ended'; readonly state: TurnState }
  | { readonly kind: 'unknown' };

/** Who stops a turn, and in which words the chat is told. */
interface Manner {
  readonly errorCode: string;
  /** Where nothing had been said yet. */
  readonly alone: string;
  /** Below what had been said. */
  readonly below: string;
}

const byUser = ({ stopped, stoppedHere }: Texts): Manner => ({
  errorCode: 'STOPPED',
  alone: stopped,
  below: stoppedHere,
});
const byOperator = ({ stoppedByOperator, stoppedHereByOperator }: Texts): Manner => ({
  errorCode: 'STOPPED_BY_OPERATOR',
  alone: stoppedByOperator,
  below: stoppedHereByOperator,
});

const unfinished: TurnState[] = ['waiting', 'running', 'parked'];

/** What a stopped turn says in the end; `hadBegun`: behind what it had said so far. */
interface LastWords extends Confirmation {
  readonly hadBegun: boolean;
}

/** Cancels turns that are under way, for /stop and for operators. */
@Injectable()
export class TurnStop {
  constructor(
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly messages: MessageRepository,
    private readonly drafts: DraftRepository,
    private readonly waitNotices: WaitNoticeRepository,
    private readonly outbox: Outbox,
    private readonly people: PersonRepository,
    private readonly approvals: ApprovalRepository,
    private readonly budgets: BudgetLedger,
  ) {}

  /**
   * Cancels the conversation's unfinished turn in the caller's transaction. A runner that is at work on it, on whichever
   * machine, loses its lease with that commit: it can add nothing, and `TurnWatch` tells it soon. What the turn had
   * finished stays on record. Where no turn is under way yet, the messages before the /stop are dropped instead.
   * @param holder who calls from within the lane "turns"; null from outside
   * @param texts of who says /stop
   * @throws LeaseLostError
   */
  async stop(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    holder: Lease | null,
    texts: Texts,
  ): Promise<Confirmation> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.revoke(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({ where: { conversationId, state: { in: unfinished } } });
    let confirmation: Confirmation | null = null;
    for (const turn of open) {
      const { hadBegun, ...last } = await this.cancel(tx, turn, byUser(texts));
      if (hadBegun) await this.outbox.add(tx, { conversationId, ...last });
      confirmation = hadBegun ? { text: texts.stopped } : last;
    }
    await this.budgets.settle(
      tx,
      open.map(({ id }) => id),
    );
    return confirmation ?? (await this.dropWaiting(tx, conversationId, eventId, texts));
  }

  /**
   * Cancels one turn for an operator, in the caller's transaction and as /stop does; messages that wait behind it are left
   * to the next turn. The chat sees what had been said with a note below it, else one line; a blocked chat sees nothing.
   */
  async cancelTurn(tx: Prisma.TransactionClient, id: string): Promise<Cancellation> {
    const known = await tx.turn.findUnique({
      where: { id, conversation: { erasedAt: null } },
      select: { conversationId: true },
    });
    if (!known) return { kind: 'unknown' };
    const { conversationId } = known;
    // As whoever commits for the turn does, the lease first; then the turn, as whoever decides about a call does.
    await this.leases.lock(tx, conversationId, 'turns');
    await tx.$queryRaw`SELECT 1 FROM turns WHERE id = ${id}::uuid FOR UPDATE`;
    const turn = await tx.turn.findUnique({ where: { id } });
    if (!turn) return { kind: 'unknown' };
    if (!unfinished.includes(turn.state)) return { kind: 'ended', state: turn.state };
    if (await this.mayBeAtWork(tx, turn)) await this.leases.revoke(tx, conversationId, 'turns');
    const texts = textsFor(await this.people.languageIn(tx, conversationId));
    const { hadBegun: _, ...last } = await this.cancel(tx, turn, byOperator(texts));
    if (!(await this.conversations.isBlocked(tx, conversationId)))
      await this.outbox.add(tx, { conversationId, ...last });
    await this.budgets.settle(tx, [id]);
    return { kind: 'cancelled', conversationId };
  }

  /** Does the holder of the lane, if there is one, work on this turn, or take it up just now? Else it is left alone. */
  private async mayBeAtWork(tx: Prisma.TransactionClient, turn: Turn): Promise<boolean> {
    if (turn.state !== 'waiting') return turn.state === 'running';
    const { conversationId } = turn;
    const other = await tx.turn.findFirst({
      where: { conversationId, state: 'running' },
      select: { id: true },
    });
    return other === null;
  }

  /**
   * Cancels the turn whose preview this is, as `stop` does; no other, and it drops nothing.
   * @returns what the chat is told; null where the turn is over: somebody pressed twice, or too late
   * @throws LeaseLostError
   */
  async stopPreview(
    tx: Prisma.TransactionClient,
    conversationId: string,
    previewId: number,
    holder: Lease | null,
    texts: Texts,
  ): Promise<Confirmation | null> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.lock(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({ where: { conversationId, state: { in: ['waiting', 'running'] } } });
    const turn = open.find(({ id }) => previewIdOf(id) === previewId);
    if (!turn) return null;
    if (!holder) await this.leases.revoke(tx, conversationId, 'turns');
    const { hadBegun: _, ...last } = await this.cancel(tx, turn, byUser(texts));
    await this.budgets.settle(tx, [turn.id]);
    return last;
  }

  /**
   * The answer that says so keeps the next turn from answering the same messages.
   * @returns the turn's last words
   */
  private async cancel(
    tx: Prisma.TransactionClient,
    turn: Turn,
    { errorCode, alone, below }: Manner,
  ): Promise<LastWords> {
    await tx.event.updateMany({ where: { turnId: turn.id }, data: { state: 'done' } });
    await tx.turn.update({
      where: { id: turn.id },
      data: { state: 'cancelled', errorCode, finishedAt: new Date() },
    });
    // The turn first, as whoever decides takes them.
    await this.approvals.withdraw(tx, turn.id);
    // What was already said stays.
    const draft = await this.drafts.read(tx, turn.id);
    const hadBegun = draft !== null && draft.text !== '';
    const text = hadBegun ? `${draft.text}\n\n${below}` : alone;
    const outside = hadBegun && (await mayHoldOutside(tx, turn));
    const messageId = await this.messages.addAnswer(tx, turn, text, { outside });
    return { text, turnId: turn.id, messageId, hadBegun };
  }

  private async dropWaiting(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    texts: Texts,
  ): Promise<Confirmation> {
    const { count } = await tx.event.updateMany({
      where: { conversationId, state: 'waiting', kind: 'message', id: { lt: eventId } },
      data: { state: 'dropped' },
    });
    if (count === 0) return { text: texts.nothingToStop };
    // Else it would tell for ever that they wait.
    const notice = await this.waitNotices.takeUp(tx, conversationId);
    return { text: texts.stopped, ...(notice === null ? {} : { inPlaceOf: notice }) };
  }
}
