import { Injectable } from '@nestjs/common';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import { type NewReply, Outbox } from '../../delivery/outbox.js';
import type { Prisma, Turn, TurnState } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import { previewIdOf } from '../streaming/preview-target.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import { mayHoldOutside } from './cut-short-origin.js';

/** The notice to the chat; it belongs to the stopped turn, if there was one. */
export type StopConfirmation = Omit<NewReply, 'conversationId'>;

/** The outcome of an operator's cancellation; `ended`: it came too late. */
export type Cancellation =
  | { readonly kind: 'cancelled'; readonly conversationId: string }
  | { readonly kind: 'ended'; readonly state: TurnState }
  | { readonly kind: 'unknown' };

/** The person who stops a turn, and the notices to the chat. */
interface Manner {
  readonly errorCode: string;
  /** The notice if nothing was shown yet. */
  readonly alone: string;
  /** The note below the shown part of the answer. */
  readonly below: string;
}

const byUser = ({ stopped, stoppedHere }: I18n): Manner => ({
  errorCode: 'STOPPED',
  alone: stopped,
  below: stoppedHere,
});
const byOperator = ({ stoppedByOperator, stoppedHereByOperator }: I18n): Manner => ({
  errorCode: 'STOPPED_BY_OPERATOR',
  alone: stoppedByOperator,
  below: stoppedHereByOperator,
});

const unfinished: TurnState[] = ['waiting', 'running', 'parked'];

/** The last reply of a stopped turn; `hadBegun`: it follows a shown part of the answer. */
interface LastWords extends StopConfirmation {
  readonly hadBegun: boolean;
}

/** Cancels unfinished turns, for /stop and for operators. */
@Injectable()
export class TurnStopRepository {
  constructor(
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly messages: MessageRepository,
    private readonly drafts: DraftRepository,
    private readonly waitNotices: WaitNoticeRepository,
    private readonly outbox: Outbox,
    private readonly people: PersonRepository,
    private readonly approvals: ApprovalRepository,
    private readonly budgets: BudgetLedgerRepository,
  ) {}

  /**
   * Cancels the conversation's unfinished turn in the caller's transaction. Its runner, on any machine, loses its lease
   * with that commit: it can add nothing, and `TurnWatch` notifies it soon. The turn's finished steps stay recorded.
   * Without an unfinished turn, the messages before the /stop are dropped instead.
   * @param holder the lease of a caller within the lane "turns"; null from outside
   * @param i18n in the language of the person who sent /stop
   * @throws LeaseLostError
   */
  async stop(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    holder: Lease | null,
    i18n: I18n,
  ): Promise<StopConfirmation> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.revoke(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({ where: { conversationId, state: { in: unfinished } } });
    let confirmation: StopConfirmation | null = null;
    for (const turn of open) {
      const { hadBegun, ...last } = await this.cancel(tx, turn, byUser(i18n));
      if (hadBegun) await this.outbox.add(tx, { conversationId, ...last });
      confirmation = hadBegun ? { text: i18n.stopped } : last;
    }
    await this.budgets.settleReservation(
      tx,
      open.map(({ id }) => id),
    );
    return confirmation ?? (await this.dropWaiting(tx, conversationId, eventId, i18n));
  }

  /**
   * Cancels one turn for an operator, like /stop, in the caller's transaction; messages behind it are left to the next
   * turn. The chat sees the shown part of the answer with a note below it, else one line; a blocked chat sees nothing.
   */
  async cancelTurn(tx: Prisma.TransactionClient, id: string): Promise<Cancellation> {
    const known = await tx.turn.findUnique({
      where: { id, conversation: { erasedAt: null } },
      select: { conversationId: true },
    });
    if (!known) return { kind: 'unknown' };
    const { conversationId } = known;
    // Locks in the order of a turn's commits and of decisions about calls: the lease first, then the turn.
    await this.leases.lock(tx, conversationId, 'turns');
    await tx.$queryRaw`SELECT 1 FROM turns WHERE id = ${id}::uuid FOR UPDATE`;
    const turn = await tx.turn.findUnique({ where: { id } });
    if (!turn) return { kind: 'unknown' };
    if (!unfinished.includes(turn.state)) return { kind: 'ended', state: turn.state };
    if (await this.mayBeAtWork(tx, turn)) await this.leases.revoke(tx, conversationId, 'turns');
    const i18n = i18nFor(await this.people.languageIn(tx, conversationId));
    const { hadBegun: _, ...last } = await this.cancel(tx, turn, byOperator(i18n));
    if (!(await this.conversations.isBlocked(tx, conversationId)))
      await this.outbox.add(tx, { conversationId, ...last });
    await this.budgets.settleReservation(tx, [id]);
    return { kind: 'cancelled', conversationId };
  }

  /** Whether a live holder of the lane may be at work on this turn, or about to be. Else it is left alone. */
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
   * Cancels the turn with this preview, like `stop`, and no other; drops no message.
   * @returns the notice to the chat; null if the turn is over: the button was pressed twice, or too late
   * @throws LeaseLostError
   */
  async stopPreview(
    tx: Prisma.TransactionClient,
    conversationId: string,
    previewId: number,
    holder: Lease | null,
    i18n: I18n,
  ): Promise<StopConfirmation | null> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.lock(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({ where: { conversationId, state: { in: ['waiting', 'running'] } } });
    const turn = open.find(({ id }) => previewIdOf(id) === previewId);
    if (!turn) return null;
    if (!holder) await this.leases.revoke(tx, conversationId, 'turns');
    const { hadBegun: _, ...last } = await this.cancel(tx, turn, byUser(i18n));
    await this.budgets.settleReservation(tx, [turn.id]);
    return last;
  }

  /**
   * Cancels the turn with an answer, which keeps the next turn from answering the same messages.
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
    // The turn first, in the lock order of decisions.
    await this.approvals.withdraw(tx, turn.id);
    // The shown part stays.
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
    i18n: I18n,
  ): Promise<StopConfirmation> {
    const { count } = await tx.event.updateMany({
      where: { conversationId, state: 'waiting', kind: 'message', id: { lt: eventId } },
      data: { state: 'dropped' },
    });
    if (count === 0) return { text: i18n.nothingToStop };
    // Else the notice that they wait would stay for ever.
    const notice = await this.waitNotices.takeUp(tx, conversationId);
    return { text: i18n.stopped, ...(notice === null ? {} : { inPlaceOf: notice }) };
  }
}
