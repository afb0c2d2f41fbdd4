import { Injectable, Logger } from '@nestjs/common';
import { Doorkeeper } from '../../access/doorkeeper.js';
import { Pairings } from '../../access/pairings.service.js';
import { Channel, type Received, type Rights } from '../../channel/channel.js';
import type { Happening, Press } from '../../channel/inbound.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Prisma } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ChatMoves } from '../../moves/chat-moves.js';
import { Approvals } from '../approvals/approvals.service.js';
import { needsRights } from './chat-settings.js';
import { CommandAnswers } from './command-answers.js';
import { Happenings } from '../happenings/happenings.repository.js';
import { type EditEvent, Edits } from '../busy/edits.repository.js';

/** Handles what needs no model: slash commands, buttons, edits, reactions, chats that moved, and senders who are not admitted. */
@Injectable()
export class Commands {
  private readonly logger = new Logger(Commands.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly outbox: Outbox,
    private readonly answers: CommandAnswers,
    private readonly approvals: Approvals,
    private readonly edits: Edits,
    private readonly moves: ChatMoves,
    private readonly happenings: Happenings,
    private readonly doorkeeper: Doorkeeper,
    private readonly pairings: Pairings,
    private readonly leases: LeaseRepository,
  ) {}

  /**
   * Handles the conversation's waiting commands, presses and edits in order, each in one transaction with its effect and
   * its reply, so that each has one effect whichever lane comes first.
   * @param holder the caller's lease of the lane "turns"; null from any other lane
   * @throws LeaseLostError
   */
  async handleWaiting(conversationId: string, holder: Lease | null): Promise<Handled> {
    let all: Handled = { replied: false, freed: [], told: [] };
    for (let first = await this.first(conversationId); first; first = await this.first(conversationId)) {
      const { id } = first;
      // Before the transaction: the channel may be asked.
      const rights = await this.rightsFor(first);
      const next = await this.prisma.$transaction((tx) =>
        this.handleOne(tx, { id, conversationId, holder, rights }),
      );
      // It is being erased, and its events go with it.
      if (next === 'gone') break;
      // Another lane was faster.
      if (next === null) continue;
      all = {
        replied: all.replied || next.replied,
        freed: [...all.freed, ...next.freed],
        told: [...all.told, ...next.told],
      };
      // Not waited for: a button that is not answered stops waiting by itself.
      if (next.felt) {
        const { channel, press, words } = next.felt;
        void this.channel.answerPress(channel, press, words, never);
      }
    }
    return all;
  }

  /** Mostly none waits: asked without a transaction, since every turn asks. */
  private async first(conversationId: string): Promise<Pick<Event, 'id' | 'source' | 'payload'> | null> {
    const [waiting] = await this.prisma.$queryRaw<Pick<Event, 'id' | 'source' | 'payload'>[]>`
      SELECT id, source, payload FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind <> 'message'
      ORDER BY id LIMIT 1`;
    return waiting ?? null;
  }

  private async rightsFor({ source, payload }: Pick<Event, 'source' | 'payload'>): Promise<Rights> {
    const inbound = this.channel.read(source, payload);
    return inbound && needsRights(inbound) ? await this.channel.rightsOf(inbound, never) : 'unknown';
  }

  /** @returns null when it does not wait any more, `gone` when its conversation is not there (any more) */
  private async handleOne(
    tx: Prisma.TransactionClient,
    { id, conversationId, holder, rights }: Asked,
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
    if (inbound.moved) {
      await this.moves.moveWithin(tx, inbound.channel, inbound.moved);
      return nothing;
    }
    const turnedAway = await this.turnAway(tx, { ...event, conversationId }, inbound);
    if (turnedAway) return turnedAway;
    if (inbound.happening) return await this.happened(tx, conversationId, inbound.happening);
    if (inbound.press) return await this.press(tx, inbound, inbound.press, rights);
    if (event.kind === 'edit') return await this.edit(tx, { ...event, conversationId }, inbound);
    const reply = await this.answers.to({ tx, conversationId, eventId: event.id, holder, rights }, inbound);
    const stops = inbound.stoppedPreview !== null;
    const command = stops ? 'stop' : (inbound.command?.name ?? null);
    this.logger.log({ msg: 'command handled', conversationId, command });
    if (reply) await this.outbox.add(tx, { conversationId, ...reply });
    return { ...nothing, replied: reply !== null, freed: command === 'stop' ? [conversationId] : [] };
  }

  /**
   * The lease, the conversation, then the event, as everybody locks them: a /stop takes the lease away, and whoever
   * commits for the turn has it first and wants its events next.
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

  /** Who is blocked or not let in commands nothing; whether a button is theirs to press is asked behind it. */
  private async turnAway(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    inbound: Received,
  ): Promise<HandledOne | null> {
    const { command, press, happening } = inbound;
    // What becomes of the chat is a fact, whoever made it one.
    if (happening && happening.kind !== 'reaction') return null;
    const verdict = await this.doorkeeper.verdictOn(inbound, tx);
    if (verdict === 'serve' || verdict === 'refuse' || (verdict === 'pair' && press)) return null;
    const { id, conversationId } = event;
    if (verdict === 'pair' && command)
      return { ...nothing, replied: await this.pairings.request(tx, conversationId, inbound) };
    await tx.event.update({ where: { id }, data: { state: 'dropped' } });
    return { ...nothing, felt: press && { channel: inbound.channel, press, words: '' } };
  }

  private async happened(
    tx: Prisma.TransactionClient,
    conversationId: string,
    happening: Happening,
  ): Promise<HandledOne> {
    await this.happenings.apply(tx, conversationId, happening);
    this.logger.log({ msg: 'happening handled', conversationId, kind: happening.kind });
    return nothing;
  }

  private async press(
    tx: Prisma.TransactionClient,
    inbound: Received,
    press: Press,
    rights: Rights,
  ): Promise<HandledOne> {
    const { channel } = inbound;
    const paired = await this.pairings.press(tx, press, inbound);
    if (paired)
      return {
        ...nothing,
        told: listOf(paired.conversationId),
        felt: { channel, press, words: paired.words },
      };
    const { words, conversationId } = await this.approvals.press(tx, press, inbound, rights);
    const freed = listOf(conversationId);
    return { ...nothing, replied: freed.length > 0, freed, felt: { channel, press, words } };
  }

  private async edit(tx: Prisma.TransactionClient, event: EditEvent, inbound: Received): Promise<HandledOne> {
    const outcome = await this.edits.apply(tx, event, inbound);
    const waits = outcome === 'joins' || outcome === 'corrects';
    this.logger.log({ msg: 'edit handled', conversationId: event.conversationId, outcome });
    return { ...nothing, freed: waits ? [event.conversationId] : [] };
  }
}

const never = new AbortController().signal;

/** One event that is to be handled. */
interface Asked {
  readonly id: bigint;
  readonly conversationId: string;
  readonly holder: Lease | null;
  readonly rights: Rights;
}

interface HandledOne extends Handled {
  /** A button was pressed: what to tell who pressed it, once the rest is committed. */
  readonly felt: { readonly channel: string; readonly press: Press; readonly words: string } | null;
}

const nothing: HandledOne = { replied: false, freed: [], told: [], felt: null };

const listOf = (id: string | null): readonly string[] => (id === null ? [] : [id]);

/** What handling commands came to. */
export interface Handled {
  /** Replies wait to be sent. */
  readonly replied: boolean;
  /** Conversations whose lane "turns" has something to do: behind a stopped turn, an edit, an approval. */
  readonly freed: readonly string[];
  /** Other conversations in which replies wait to be sent. */
  readonly told: readonly string[];
}
