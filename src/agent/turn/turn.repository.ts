import { Injectable } from '@nestjs/common';
import { deferralOf, putOffBy, waitMsOf } from '../../database/deferred.js';
import { PrismaService } from '../../database/prisma.service.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import type { Conversation, Event, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import type { LaneOutcome } from '../../lease/lane-outcome.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { Ids } from '../../runtime/ids.js';
import { writeAttachments } from '../attachments/stored-attachments.js';
import { afterDeath, type DeathPlace } from '../isolation/turn-deaths.js';
import { EventReader, type Heard } from './event-reader.js';
import type { TurnFailure } from './turn-endings.repository.js';

export interface WaitingEvent extends Event {
  /** Since it was received, by the database's clock. */
  readonly ageMs: number;
}

/**
 * An event that waits, and what it says; null where the channel, knowing more by now, has no use for it: a group's
 * message that came before the bot knew its own name, and is for another bot.
 */
export interface Candidate {
  readonly event: WaitingEvent;
  readonly heard: Heard | null;
}

/** Of any event. */
const LAST_ID = 2n ** 63n - 1n;

/**
 * The life of a turn in the database, up to its end (`TurnEndings`). Every change checks the lease in its own
 * transaction.
 */
@Injectable()
export class TurnRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly reader: EventReader,
    private readonly leases: LeaseRepository,
    private readonly messages: MessageRepository,
    private readonly people: PersonRepository,
    private readonly conversations: ConversationRepository,
    private readonly waitNotices: WaitNoticeRepository,
    private readonly ids: Ids,
  ) {}

  /** The conversation's unfinished turn, and how long it has to wait for its next try. */
  async findOpen(conversationId: string): Promise<{ turn: Turn; waitMs: number } | null> {
    const [open] = await this.prisma.$queryRaw<{ id: string; waitMs: number }[]>`
      SELECT id, ${waitMsOf(deferralOf('t'))} AS "waitMs"
      FROM turns t WHERE conversation_id = ${conversationId}::uuid AND state IN ('waiting', 'running')
      ORDER BY state DESC, started_at LIMIT 1`;
    if (!open) return null;
    const turn = await this.prisma.turn.findUnique({ where: { id: open.id } });
    return turn && { turn, waitMs: open.waitMs };
  }

  /**
   * Counts that another run goes on with the turn.
   * @param excused runs that were or will be counted although they ended in order
   * @throws LeaseLostError
   */
  async takeOver(lease: Lease, turn: Turn, excused = 0): Promise<Turn> {
    const found = turn.state === 'running' ? 1 : 0;
    const died = found === 1 && excused === 0;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      // A replay was due by any clock; from now on, what comes is newer than it.
      if (turn.availableAt.getTime() === 0)
        await tx.$executeRaw`
          UPDATE turns SET available_at = clock_timestamp(), deferred_at = NULL WHERE id = ${turn.id}::uuid`;
      return await tx.turn.update({
        where: { id: turn.id },
        data: {
          state: 'running',
          takeovers: Math.max(0, turn.takeovers + found - excused),
          ...(died ? await this.countDeath(tx, turn, 'shared') : {}),
        },
      });
    });
  }

  /** Counts that a process ended in which nothing but this turn ran. @throws LeaseLostError */
  async recordDeath(lease: Lease, turn: Turn): Promise<Turn> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const data = await this.countDeath(tx, turn, 'isolated');
      return await tx.turn.update({ where: { id: turn.id }, data });
    });
  }

  private async countDeath(tx: Prisma.TransactionClient, turn: Turn, place: DeathPlace) {
    return afterDeath(turn, await tx.step.count({ where: { turnId: turn.id } }), place);
  }

  /** The turn, where a run of it is under way. */
  findRunning(turnId: string): Promise<Turn | null> {
    return this.prisma.turn.findFirst({ where: { id: turnId, state: 'running' } });
  }

  /**
   * The messages that wait, oldest first, up to the first command, edit or press that waits: what is behind that waits for
   * its effect. So it does not matter how long ago the caller has seen to those.
   */
  async waiting(conversationId: string, limit: number): Promise<WaitingEvent[]> {
    return await this.prisma.$queryRaw<WaitingEvent[]>`
      SELECT id, source, external_id AS "externalId", conversation_id AS "conversationId", kind, state, payload,
             received_at AS "receivedAt", turn_id AS "turnId", late_edit AS "lateEdit",
             -- Received "later": before the clock was set back.
             abs(extract(epoch FROM clock_timestamp() - received_at))::float8 * 1000 AS "ageMs"
      FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind = 'message'
        AND id < coalesce(
          (SELECT min(id) FROM events
           WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind <> 'message'),
          ${LAST_ID})
      ORDER BY id LIMIT ${limit}`;
  }

  /** The last of the events that a turn owns. */
  newestEvent(turnId: string): Promise<Event | null> {
    return this.prisma.event.findFirst({ where: { turnId }, orderBy: { id: 'desc' } });
  }

  /** All events that a turn owns, oldest first. */
  eventsOf(turnId: string): Promise<Event[]> {
    return this.prisma.event.findMany({ where: { turnId }, orderBy: { id: 'asc' } });
  }

  /** What the lane does when a turn has ended: goes on with what waits. */
  async whatNext(conversationId: string): Promise<LaneOutcome> {
    return (await this.hasWaiting(conversationId)) ? { next: 'now' } : { next: 'none' };
  }

  /** Whether any message waits, behind whatever. */
  async hasWaiting(conversationId: string): Promise<boolean> {
    const where = { conversationId, state: 'waiting', kind: 'message' } as const;
    return (await this.prisma.event.findFirst({ where, select: { id: true } })) !== null;
  }

  /**
   * Begins a turn that owns exactly these events, as far as no /reset lies between them, and writes their messages.
   * @throws LeaseLostError
   */
  async begin(lease: Lease, conversation: Conversation, candidates: readonly Candidate[]): Promise<Turn> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const { epoch, owned } = await this.ofOneEpoch(tx, conversation.id, candidates);
      const turn = await this.create(tx, conversation, { state: 'running', epoch }, owned);
      await this.own(tx, conversation, turn, await this.claim(tx, turn, owned), null);
      await this.waitNotices.becomeDraft(tx, conversation.id, turn.id);
      return turn;
    });
  }

  /**
   * Begins the turn that goes on in the place of a running one, in the caller's transaction: it owns the events of that
   * one and these. It waits for the lane.
   * @param candidates of the running turn's epoch
   * @param endFormer ends the running turn, before the new messages are written
   */
  async beginInPlaceOf(
    tx: Prisma.TransactionClient,
    conversation: Conversation,
    former: Turn,
    candidates: readonly Candidate[],
    endFormer: () => Promise<void>,
  ): Promise<void> {
    // It has the messages of that one, and may do the same.
    const { epoch, takeovers, deaths } = former;
    const data = { state: 'waiting' as const, epoch, continuesId: former.id, takeovers, deaths };
    const turn = await this.create(tx, conversation, data, candidates);
    const heard = await this.claim(tx, turn, candidates);
    await tx.event.updateMany({ where: { turnId: former.id }, data: { turnId: turn.id } });
    await endFormer();
    await this.own(tx, conversation, turn, heard, null);
    await this.waitNotices.becomeDraft(tx, conversation.id, turn.id);
  }

  private create(
    tx: Prisma.TransactionClient,
    { id: conversationId }: Conversation,
    data: Pick<Prisma.TurnUncheckedCreateInput, 'state' | 'epoch' | 'continuesId' | 'takeovers' | 'deaths'>,
    owned: readonly Candidate[],
  ): Promise<Turn> {
    const userId = owned.at(-1)?.heard?.sender?.userId ?? null;
    return tx.turn.create({ data: { ...data, id: this.ids.next(), conversationId, userId } });
  }

  /**
   * Lets these events into a turn that runs, as far as they are of its epoch, and writes their messages.
   * @param stepIndex of the step before which they join
   * @returns the messages, in order
   * @throws LeaseLostError
   */
  async join(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    candidates: readonly Candidate[],
    stepIndex: number,
  ): Promise<Message[]> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const { epoch, owned } = await this.ofOneEpoch(tx, conversation.id, candidates);
      if (epoch !== turn.epoch) return [];
      await this.own(tx, conversation, turn, await this.claim(tx, turn, owned), stepIndex);
      return await this.messages.joined(tx, turn.id, stepIndex);
    });
  }

  /** @returns what they say, in order, as they are now: an edit may have replaced one since it was read */
  private async claim(
    tx: Prisma.TransactionClient,
    turn: Turn,
    owned: readonly Candidate[],
  ): Promise<readonly Heard[]> {
    const claimed = await tx.event.updateManyAndReturn({
      // In the mode `interrupt` the turn that runs and whoever interrupts it may have read the same.
      where: { id: { in: owned.map(({ event }) => event.id) }, state: 'waiting' },
      data: { state: 'claimed', turnId: turn.id },
      select: { id: true, source: true, payload: true },
    });
    const inOrder = claimed.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    return inOrder.flatMap((event) => this.reader.read(event) ?? []);
  }

  private async own(
    tx: Prisma.TransactionClient,
    conversation: Conversation,
    turn: Turn,
    heard: readonly Heard[],
    stepIndex: number | null,
  ): Promise<void> {
    await this.messages.addUserMessages(
      tx,
      turn,
      heard.map((one) => {
        const { text, author, channelMessageId } = one;
        return { text, author, channelMessageId, stepIndex, attachments: writeAttachments(text, one) };
      }),
    );
    await this.refreshChat(tx, conversation, heard);
  }

  /**
   * Those of the candidates, in the order of their arrival, that no /reset parts from the first. A reset that is handled
   * from now on is left to `begin`.
   */
  async upToReset(
    conversation: Conversation,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    const [first] = candidates;
    if (!first || first.event.id > conversation.epochSince) return candidates;
    return (await this.ofOneEpoch(this.prisma, conversation.id, candidates)).owned;
  }

  /** Those of the candidates that belong to this epoch, as far as they are the first. */
  async ofEpoch(
    db: Prisma.TransactionClient | null,
    { conversationId, epoch }: Turn,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    if (candidates.length === 0) return [];
    const first = await this.ofOneEpoch(db ?? this.prisma, conversationId, candidates);
    return first.epoch === epoch ? first.owned : [];
  }

  /** Messages before a /reset that is already handled are answered in the epoch in which they were written. */
  private async ofOneEpoch(tx: Prisma.TransactionClient, id: string, candidates: readonly Candidate[]) {
    const [first] = candidates;
    if (!first) throw new Error('a turn owns at least one event');
    const { epoch, until } = await this.conversations.epochOf(tx, id, first.event.id);
    const owned = until === null ? candidates : candidates.filter(({ event }) => event.id < until);
    return { epoch, owned };
  }

  /**
   * Leaves the turn as it stands to whoever runs it next, which is then no takeover.
   * @param outageMs after the database's trouble, which is counted: nobody runs it until then
   * @throws LeaseLostError
   */
  async layDown(lease: Lease, turn: Turn, outageMs: number | null = null): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.turn.updateMany({ where: { id: turn.id, state: 'running' }, data: { state: 'waiting' } });
      if (outageMs !== null)
        await tx.$executeRaw`
          UPDATE turns SET outages = outages + 1, ${putOffBy(outageMs)}
          WHERE id = ${turn.id}::uuid AND state = 'waiting'`;
    });
  }

  /** Leaves the turn for another try in `delayMs`. @throws LeaseLostError */
  async postpone(
    lease: Lease,
    turn: Turn,
    failure: TurnFailure,
    delayMs: number,
    spentMs: number,
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.turn.update({
        where: { id: turn.id },
        data: {
          state: 'waiting',
          attempts: { increment: 1 },
          spentMs: { increment: spentMs },
          errorCode: failure.code,
          error: failure.error,
          firstError: turn.firstError ?? failure.error,
        },
      });
      await tx.$executeRaw`
        UPDATE turns SET ${putOffBy(delayMs)} WHERE id = ${turn.id}::uuid`;
    });
  }

  /** Ends events that turned out not to be for the bot. @throws LeaseLostError */
  async passOver(lease: Lease, eventIds: readonly bigint[]): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.event.updateMany({
        where: { id: { in: [...eventIds] }, state: 'waiting' },
        data: { state: 'done' },
      });
    });
  }

  private async refreshChat(
    tx: Prisma.TransactionClient,
    conversation: Conversation,
    heard: readonly Heard[],
  ) {
    const chat = heard.findLast((one) => one.chat !== null)?.chat;
    if (chat) {
      const { type: chatType, title, username } = chat;
      const botStreak = heard.every(({ isFromBot }) => isFromBot) ? { increment: 1 } : 0;
      const data = { chatType, title, username, botStreak };
      await tx.conversation.update({ where: { id: conversation.id }, data });
    }
    // The backlog is worked off: the chat may be told of the next one.
    await tx.$executeRaw`
      UPDATE conversations SET overflow_told_at = NULL
      WHERE id = ${conversation.id}::uuid AND overflow_told_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM events
        WHERE conversation_id = ${conversation.id}::uuid AND state = 'waiting' AND kind = 'message')`;
    // Behind the conversation, as whoever asks to be let in has them.
    const senders = heard.map(({ sender }) => sender);
    await this.people.rememberAll(tx, conversation.channel, senders);
  }
}
