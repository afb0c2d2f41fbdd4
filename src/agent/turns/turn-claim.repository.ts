import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import type { Conversation, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { readToolRules } from '../../memory/tool-rules.js';
import { Ids } from '../../platform/runtime/ids.js';
import { pastOf } from '../context/past.repository.js';
import { writeAttachments } from '../attachments/stored-attachments.js';
import { EventReader, type Heard } from './event-reader.js';
import { beginTurn, type BegunRow, type NewTurn } from './begin-turn.js';
import type { Candidate } from './lane-state.repository.js';
import type { ClaimedTurn, TurnRecords } from './turn-run.js';

/** The messages that joined a running turn. */
export interface JoinedMessages {
  readonly messages: readonly Message[];
  readonly heard: readonly Heard[];
}

/** Begins turns and lets messages join them: their events are claimed, and become messages. */
@Injectable()
export class TurnClaimRepository {
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

  /**
   * Begins a turn that owns exactly these events, up to the first /reset between them, and writes their messages.
   * @returns null if one of the events, or the conversation's epoch, has changed since they were read: read them again
   * @throws LeaseLostError
   */
  async begin(
    lease: Lease,
    conversation: Conversation,
    candidates: readonly Candidate[],
  ): Promise<ClaimedTurn | null> {
    const { epoch, owned } = isOfPresentEpoch(conversation, candidates)
      ? { epoch: conversation.epoch, owned: candidates }
      : await this.ofOneEpoch(this.prisma, conversation.id, candidates);
    const heard = owned.flatMap((candidate) => candidate.heard ?? []);
    const isOutside = await this.messages.findOutsideQuotes(this.prisma, conversation.id, heard);
    const messages = heard.map((one) => ({ ...messageOf(one), outside: isOutside(one) }));
    const turn = { id: this.ids.next(), conversation, epoch, owned, messages, now: new Date() };
    const { writes, result } = beginTurn(turn);
    const begun = await this.leases.queryHeld<BegunRow>(lease, writes, result);
    return begun && { turn: begun, heard, records: recordsOf(turn, begun) };
  }

  /**
   * Begins the successor of a running turn, in the caller's transaction: it owns that turn's events and these, and
   * waits for the lane.
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
    // It has the messages of the former turn, and may do the same harm.
    const { epoch, takeovers, deaths, handBacks } = former;
    const data = { state: 'waiting' as const, epoch, continuesId: former.id, takeovers, deaths, handBacks };
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
    data: Pick<
      Prisma.TurnUncheckedCreateInput,
      'state' | 'epoch' | 'continuesId' | 'takeovers' | 'deaths' | 'handBacks'
    >,
    owned: readonly Candidate[],
  ): Promise<Turn> {
    const userId = owned.at(-1)?.heard?.sender?.userId ?? null;
    return tx.turn.create({ data: { ...data, id: this.ids.next(), conversationId, userId } });
  }

  /**
   * Lets these events of its epoch join a running turn, and writes their messages.
   * @param stepIndex of the step before which they join
   * @returns the messages, in order, and the content of their events
   * @throws LeaseLostError
   */
  async join(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    candidates: readonly Candidate[],
    stepIndex: number,
  ): Promise<JoinedMessages> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const { epoch, owned } = await this.ofOneEpoch(tx, conversation.id, candidates);
      if (epoch !== turn.epoch) return { messages: [], heard: [] };
      const heard = await this.claim(tx, turn, owned);
      await this.own(tx, conversation, turn, heard, stepIndex);
      return { messages: await this.messages.joined(tx, turn.id, stepIndex), heard };
    });
  }

  /** @returns their present content, in order: an edit may have replaced one since it was read */
  private async claim(
    tx: Prisma.TransactionClient,
    turn: Turn,
    owned: readonly Candidate[],
  ): Promise<readonly Heard[]> {
    const claimed = await tx.event.updateManyAndReturn({
      // In the mode `interrupt`, the running turn and its successor may have read the same events.
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
      heard.map((one) => ({ ...messageOf(one), quotedAnswer: one.quotedAnswer, stepIndex })),
    );
    await this.refreshChat(tx, conversation, heard);
  }

  /**
   * The first candidates, in order of arrival, up to a /reset. A reset that is handled from now on is left to `begin`.
   */
  async upToReset(
    conversation: Conversation,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    if (isOfPresentEpoch(conversation, candidates)) return candidates;
    return (await this.ofOneEpoch(this.prisma, conversation.id, candidates)).owned;
  }

  /** The first candidates that belong to this epoch. */
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
    // The backlog is done: the chat may be notified of the next one.
    await tx.$executeRaw`
      UPDATE conversations SET overflow_notified_at = NULL
      WHERE id = ${conversation.id}::uuid AND overflow_notified_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM events
        WHERE conversation_id = ${conversation.id}::uuid AND state = 'waiting' AND kind = 'message')`;
    // Behind the conversation, in the lock order of access requests.
    const senders = heard.map(({ sender }) => sender);
    await this.people.rememberAll(tx, conversation.channel, senders);
  }
}

/** Whether no /reset that is handled already lies behind the first candidate. */
function isOfPresentEpoch({ epochSince }: Conversation, [first]: readonly Candidate[]): boolean {
  return first === undefined || first.event.id > epochSince;
}

function messageOf(heard: Heard) {
  const { text, author, channelMessageId, position } = heard;
  return { text, author, channelMessageId, position, attachments: writeAttachments(text, heard) };
}

/** The turn's messages as they were written. */
function recordsOf(
  { messages, now }: NewTurn,
  { id: turnId, conversationId, epoch, said, hasDraft, toolRules, past }: BegunRow,
): TurnRecords {
  const shared = {
    conversationId,
    epoch,
    role: 'user' as const,
    turnId,
    stepIndex: null,
    createdAt: now,
    editedAt: null,
  };
  const written = (said ?? []).flatMap(({ id, attachments }, index) => {
    const message = messages[index];
    return message ? [{ ...message, attachments, id: BigInt(id), ...shared }] : [];
  });
  const rules = (toolRules ?? []).flatMap((tools) => readToolRules(tools) ?? []);
  return { messages: written, hasDraft, toolRules: rules, past: pastOf(past) };
}
