import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import type { Happening, Inbound, Press } from '../../channel/inbound.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Prisma } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ChatMoves } from '../../moves/chat-moves.js';
import { Approvals } from '../approvals/approvals.service.js';
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
  ) {}

  /**
   * Handles the conversation's waiting commands, presses and edits in order, each in one transaction with its effect and
   * its reply, so that each has one effect whichever lane comes first.
   * @param holder the caller's lease of the lane "turns"; null from any other lane
   * @throws LeaseLostError
   */
  async handleWaiting(conversationId: string, holder: Lease | null): Promise<Handled> {
    let all: Handled = { replied: false, freed: [] };
    while (await this.waits(conversationId)) {
      const next = await this.prisma.$transaction((tx) => this.handleNext(tx, conversationId, holder));
      if (next === null) break;
      all = { replied: all.replied || next.replied, freed: [...all.freed, ...next.freed] };
      // Not waited for: a button that is not answered stops waiting by itself.
      if (next.felt) void this.channel.answerPress(next.felt.press, next.felt.words, never);
    }
    return all;
  }

  /** Mostly none does: asked without a transaction, since every turn asks. */
  private async waits(conversationId: string): Promise<boolean> {
    const [waiting] = await this.prisma.$queryRaw<Pick<Event, 'id'>[]>`
      SELECT id FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind <> 'message' LIMIT 1`;
    return waiting !== undefined;
  }

  /** @returns null when no command waits */
  private async handleNext(
    tx: Prisma.TransactionClient,
    conversationId: string,
    holder: Lease | null,
  ): Promise<HandledOne | null> {
    const [event] = await tx.$queryRaw<Pick<Event, 'id' | 'kind' | 'payload'>[]>`
      SELECT id, kind, payload FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind <> 'message'
      ORDER BY id LIMIT 1 FOR UPDATE`;
    if (!event) return null;
    await tx.event.update({ where: { id: event.id }, data: { state: 'done' } });
    const inbound = this.channel.read(event.payload);
    if (!inbound) return { replied: false, freed: [], felt: null };
    if (inbound.moved) {
      await this.moves.moveWithin(tx, this.channel.name, inbound.moved);
      return { replied: false, freed: [], felt: null };
    }
    if (inbound.happening) return await this.happened(tx, conversationId, inbound.happening);
    if (inbound.press) return await this.press(tx, inbound, inbound.press);
    if (event.kind === 'edit') return await this.edit(tx, { ...event, conversationId }, inbound);
    const reply = await this.answers.to({ tx, conversationId, eventId: event.id, holder }, inbound);
    const stops = inbound.stoppedPreview !== null;
    const command = stops ? 'stop' : (inbound.command?.name ?? null);
    this.logger.log({ msg: 'command handled', conversationId, command });
    if (reply) await this.outbox.add(tx, { conversationId, ...reply });
    return { replied: reply !== null, freed: command === 'stop' ? [conversationId] : [], felt: null };
  }

  private async happened(
    tx: Prisma.TransactionClient,
    conversationId: string,
    happening: Happening,
  ): Promise<HandledOne> {
    await this.happenings.apply(tx, conversationId, happening);
    this.logger.log({ msg: 'happening handled', conversationId, kind: happening.kind });
    return { replied: false, freed: [], felt: null };
  }

  private async press(tx: Prisma.TransactionClient, inbound: Inbound, press: Press): Promise<HandledOne> {
    const { words, conversationId } = await this.approvals.press(tx, press, inbound);
    const freed = conversationId === null ? [] : [conversationId];
    return { replied: freed.length > 0, freed, felt: { press, words } };
  }

  private async edit(tx: Prisma.TransactionClient, event: EditEvent, inbound: Inbound): Promise<HandledOne> {
    const outcome = await this.edits.apply(tx, event, inbound);
    const waits = outcome === 'joins' || outcome === 'corrects';
    this.logger.log({ msg: 'edit handled', conversationId: event.conversationId, outcome });
    return { replied: false, freed: waits ? [event.conversationId] : [], felt: null };
  }
}

const never = new AbortController().signal;

interface HandledOne extends Handled {
  /** A button was pressed: what to tell who pressed it, once the rest is committed. */
  readonly felt: { readonly press: Press; readonly words: string } | null;
}

/** What handling commands came to. */
export interface Handled {
  /** Replies wait to be sent. */
  readonly replied: boolean;
  /** Conversations whose lane "turns" has something to do: behind a stopped turn, an edit, an approval. */
  readonly freed: readonly string[];
}
