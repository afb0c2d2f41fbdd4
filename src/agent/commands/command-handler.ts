import { Injectable, Logger } from '@nestjs/common';
import { AccessPolicy } from '../../access/access-policy.js';
import { PairingsService } from '../../access/pairings.service.js';
import type { Rights } from '../../channel/capabilities.js';
import { Channel, type Received } from '../../channel/channel.js';
import type {
  InboundEdit,
  InboundPress,
  InboundReaction,
  MembershipChange,
  Press,
} from '../../channel/inbound.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Prisma } from '../../generated/prisma/client.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { ApprovalsService } from '../approvals/approvals.service.js';
import type { StopConfirmation } from '../turns/turn-stop.repository.js';
import { type Answerable, CommandAnswers, type CommandPlace } from './command-answers.js';
import { type EditEvent, EditsRepository } from './edits.repository.js';
import { ReactionsAndMembershipRepository } from './reactions-and-membership.repository.js';
import { UnsentAnswers } from './unsent-answers.js';

/** One event that is to be handled. */
export interface AskedCommand {
  readonly id: bigint;
  readonly conversationId: string;
  readonly holder: Lease | null;
  readonly rights: Rights;
  /** See `AccessPolicy.mayHideBlocked`. */
  readonly hidesBlocked: boolean;
}

/** The result of handling commands. */
export interface Handled {
  /** Replies wait to be sent. */
  readonly replied: boolean;
  /** Conversations whose lane "turns" has work: behind a stopped turn, an edit, an approval. */
  readonly unblocked: readonly string[];
  /** Other conversations in which replies wait to be sent. */
  readonly notified: readonly string[];
  /** Milliseconds until a failed event is tried again; messages wait for it. */
  readonly heldUpMs: number;
}

/** The outcome of one event. */
export interface HandledOne extends Handled {
  /** A button press: the answer to the presser, once the rest is committed. */
  readonly acknowledged: { readonly channel: string; readonly press: Press; readonly words: string } | null;
}

export const nothing: HandledOne = {
  replied: false,
  unblocked: [],
  notified: [],
  heldUpMs: 0,
  acknowledged: null,
};

/** The effect of one event that needs no model, with its reply, in one transaction. */
@Injectable()
export class CommandHandler {
  private readonly logger = new Logger(CommandHandler.name);

  constructor(
    private readonly channel: Channel,
    private readonly outbox: Outbox,
    private readonly answers: CommandAnswers,
    private readonly approvals: ApprovalsService,
    private readonly edits: EditsRepository,
    private readonly reactions: ReactionsAndMembershipRepository,
    private readonly accessPolicy: AccessPolicy,
    private readonly pairings: PairingsService,
    private readonly leases: LeaseRepository,
    private readonly unsent: UnsentAnswers,
  ) {}

  /**
   * Handles the event in the caller's transaction, behind the locks of its conversation.
   * @returns null when it does not wait any more, `gone` when its conversation does not exist (any more)
   * @throws LeaseLostError
   */
  async handle(
    tx: Prisma.TransactionClient,
    { id, conversationId, holder, rights, hidesBlocked }: AskedCommand,
  ): Promise<HandledOne | 'gone' | null> {
    if (!(await this.lockConversation(tx, conversationId, holder))) return 'gone';
    const [event] = await tx.$queryRaw<Pick<Event, 'id' | 'source' | 'kind' | 'payload'>[]>`
      SELECT id, source, kind, payload FROM events
      WHERE id = ${id} AND conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind <> 'message'
      FOR UPDATE`;
    if (!event) return null;
    await tx.event.update({ where: { id: event.id }, data: { state: 'done' } });
    const inbound = this.channel.read(event.source, event.payload);
    if (!inbound) return nothing;
    const turnedAway = await this.turnAway(tx, { ...event, conversationId }, inbound, hidesBlocked);
    if (turnedAway) return turnedAway;
    switch (inbound.kind) {
      case 'reaction':
      case 'membership':
        return await this.happened(tx, conversationId, inbound);
      case 'press':
        return await this.press(tx, inbound, rights);
      case 'edit':
        return await this.edit(tx, { ...event, conversationId }, inbound);
      case 'command':
      case 'message':
      case 'stopped-preview':
        return await this.answer({ tx, conversationId, eventId: event.id, holder, rights }, inbound);
      case 'migration':
        return nothing;
    }
  }

  /** Past the limit of unsent answers only essential commands have their effect, without an answer. */
  private async answer(place: CommandPlace, inbound: Received<Answerable>): Promise<HandledOne> {
    const { tx, conversationId, eventId } = place;
    const command = nameOf(inbound);
    const hasRoom = await this.unsent.haveRoom(tx, conversationId);
    if (!hasRoom && command !== 'stop' && command !== 'reset') {
      await tx.event.update({ where: { id: eventId }, data: { state: 'dropped' } });
      this.logger.warn({ msg: 'command dropped', code: 'TOO_MANY_UNSENT_ANSWERS', conversationId, command });
      const i18n = i18nFor(inbound.sender?.languageCode);
      return { ...nothing, replied: await this.unsent.tellOnce(tx, conversationId, i18n) };
    }
    const reply = await this.answers.to(place, inbound);
    this.logger.log({ msg: 'command handled', conversationId, command });
    const replied = reply !== null && (hasRoom || belongsToMore(reply));
    if (replied) await this.outbox.add(tx, { conversationId, ...reply });
    return { ...nothing, replied, unblocked: command === 'stop' ? [conversationId] : [] };
  }

  /**
   * Locks the lease, the conversation, then the event, as every transaction does: a /stop revokes the lease, and a
   * commit for the turn locks it first and its events next.
   * @throws LeaseLostError
   */
  private async lockConversation(
    tx: Prisma.TransactionClient,
    id: string,
    holder: Lease | null,
  ): Promise<boolean> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.lock(tx, id, 'turns');
    const there = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM conversations WHERE id = ${id}::uuid AND erased_at IS NULL FOR KEY SHARE`;
    return there.length > 0;
  }

  /** A sender who is blocked or without access commands nothing; whether they may press a button is checked later. */
  private async turnAway(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    inbound: Received,
    hidesBlocked: boolean,
  ): Promise<HandledOne | null> {
    // A change of the chat is a fact, whoever caused it.
    if (inbound.kind === 'membership') return null;
    const verdict = hidesBlocked ? 'ignore' : await this.accessPolicy.evaluate(inbound, tx);
    if (verdict === 'serve' || verdict === 'refuse' || (verdict === 'pair' && inbound.kind === 'press'))
      return null;
    const { id, conversationId } = event;
    if (verdict === 'pair' && inbound.kind === 'command')
      return { ...nothing, replied: await this.pairings.request(tx, conversationId, inbound) };
    await tx.event.update({ where: { id }, data: { state: 'dropped' } });
    if (inbound.kind !== 'press') return nothing;
    return { ...nothing, acknowledged: { channel: inbound.channel, press: inbound.press, words: '' } };
  }

  private async happened(
    tx: Prisma.TransactionClient,
    conversationId: string,
    inbound: InboundReaction | MembershipChange,
  ): Promise<HandledOne> {
    await this.reactions.apply(tx, conversationId, inbound);
    this.logger.log({ msg: 'reaction or membership change handled', conversationId, kind: inbound.kind });
    return nothing;
  }

  private async press(
    tx: Prisma.TransactionClient,
    inbound: Received<InboundPress>,
    rights: Rights,
  ): Promise<HandledOne> {
    const { channel, press } = inbound;
    const paired = await this.pairings.press(tx, press, inbound);
    if (paired)
      return {
        ...nothing,
        notified: listOf(paired.conversationId),
        acknowledged: { channel, press, words: paired.words },
      };
    const { words, conversationId } = await this.approvals.press(tx, press, inbound, rights);
    const unblocked = listOf(conversationId);
    return {
      ...nothing,
      replied: unblocked.length > 0,
      unblocked: unblocked,
      acknowledged: { channel, press, words },
    };
  }

  private async edit(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    inbound: Received<InboundEdit>,
  ): Promise<HandledOne> {
    const outcome = await this.edits.apply(tx, event, inbound);
    const waits = outcome === 'joins' || outcome === 'corrects';
    this.logger.log({ msg: 'edit handled', conversationId: event.conversationId, outcome });
    return { ...nothing, unblocked: waits ? [event.conversationId] : [] };
  }
}

/** The command of the event, or its equivalent. */
function nameOf(inbound: Answerable): string | null {
  switch (inbound.kind) {
    case 'command':
      return inbound.command.name;
    case 'stopped-preview':
      return 'stop';
    case 'message':
      return null;
  }
}

/** It ends a turn, or replaces a visible message. */
const belongsToMore = ({ turnId, inPlaceOf }: StopConfirmation): boolean =>
  turnId !== undefined || inPlaceOf !== undefined;

const listOf = (id: string | null): readonly string[] => (id === null ? [] : [id]);
