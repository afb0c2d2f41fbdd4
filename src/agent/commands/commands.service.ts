import { Injectable, Logger } from '@nestjs/common';
import { Doorkeeper } from '../../access/doorkeeper.js';
import { Pairings } from '../../access/pairings.service.js';
import { Channel, type Received, type Rights } from '../../channel/channel.js';
import type { ChatMove, Happening, Press } from '../../channel/inbound.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Event, Prisma } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ChatMoves } from '../../moves/chat-moves.js';
import { inLogScope } from '../../observability/log-scope.js';
import { Approvals } from '../approvals/approvals.service.js';
import { needsRights } from './chat-settings.js';
import { CommandAnswers, type Place } from './command-answers.js';
import { Happenings } from '../happenings/happenings.repository.js';
import { type EditEvent, Edits } from '../busy/edits.repository.js';
import { EventTries } from '../tries/event-tries.service.js';
import { textsFor } from '../../texts/texts-for.js';
import type { Confirmation } from '../turn/turn-stop.repository.js';
import { UnsentAnswers } from './unsent-answers.js';
import {
  type WaitingCommand,
  WaitingCommandRepository,
  type WaitingCommands,
} from './waiting-commands.repository.js';

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
    private readonly waiting: WaitingCommandRepository,
    private readonly unsent: UnsentAnswers,
    private readonly tries: EventTries,
  ) {}

  /**
   * Handles the conversation's waiting commands, presses and edits in order, each in one transaction with its effect and
   * its reply, so that each has one effect whichever lane comes first. Behind one that has failed and is put off the
   * others wait, as they may be about what it changes; but for a /stop and a press, which are about what they name.
   * @param holder the caller's lease of the lane "turns"; null from any other lane
   * @throws LeaseLostError, and what the database throws while it cannot be reached
   */
  async handleWaiting(conversationId: string, holder: Lease | null): Promise<Handled> {
    let all: Handled = nothing;
    for (;;) {
      const { command, failures, heldUpMs } = await this.next(conversationId);
      if (!command) {
        if (failures > 0 && heldUpMs === 0) await this.tries.forgetSettled(conversationId);
        return { ...all, heldUpMs };
      }
      const ids = { channel: command.source, updateId: command.externalId };
      const next = await inLogScope(ids, () => this.handleAlone(command, conversationId, holder));
      // It is being erased, and its events go with it.
      if (next === 'gone') return { ...all, heldUpMs };
      // Another lane was faster.
      if (next === null) continue;
      all = {
        replied: all.replied || next.replied,
        freed: [...all.freed, ...next.freed],
        told: [...all.told, ...next.told],
        heldUpMs: 0,
      };
      // Not waited for: a button that is not answered stops waiting by itself.
      if (next.felt) {
        const { channel, press, words } = next.felt;
        void this.channel.answerPress(channel, press, words, never);
      }
    }
  }

  private async next(conversationId: string): Promise<Next> {
    const { first, failures, heldUpMs } = await this.waiting.look(conversationId);
    if (!first || first.waitMs === 0) return { command: first, failures, heldUpMs };
    const command = await this.waiting.findBehind(conversationId, first.id, (one) => this.overtakes(one));
    return { command, failures, heldUpMs };
  }

  private overtakes({ source, payload }: WaitingCommand): boolean {
    try {
      const inbound = this.channel.read(source, payload);
      if (!inbound) return false;
      return inbound.press !== null || inbound.stoppedPreview !== null || inbound.command?.name === 'stop';
    } catch {
      return false;
    }
  }

  /** One that fails, whatever its kind, keeps its conversation waiting for its tries only. */
  private async handleAlone(
    command: WaitingCommand,
    conversationId: string,
    holder: Lease | null,
  ): Promise<HandledOne | 'gone' | null> {
    const { id, source, payload, hasFailed } = command;
    try {
      const inbound = this.channel.read(source, payload);
      if (inbound?.moved) return await this.moveChat(id, inbound.channel, inbound.moved);
      // Before the transaction: the channel may be asked.
      const rights =
        inbound && needsRights(inbound) ? await this.channel.rightsOf(inbound, never) : 'unknown';
      return await this.prisma.$transaction(async (tx) => {
        const handled = await this.handleOne(tx, { id, conversationId, holder, rights });
        if (hasFailed) await tx.eventFailure.deleteMany({ where: { eventId: id } });
        return handled;
      });
    } catch (error) {
      const { replied } = await this.tries.failed({ id, source, payload, conversationId }, error);
      return { ...nothing, replied };
    }
  }

  /** Outside of a transaction: it may take long, and is repeated until it is done. */
  private async moveChat(id: bigint, channel: string, move: ChatMove): Promise<HandledOne> {
    const freed = await this.moves.move(channel, move);
    // Wherever it is now: it has moved along.
    await this.prisma.event.updateMany({ where: { id, state: 'waiting' }, data: { state: 'done' } });
    return { ...nothing, freed };
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
    const turnedAway = await this.turnAway(tx, { ...event, conversationId }, inbound);
    if (turnedAway) return turnedAway;
    if (inbound.happening) return await this.happened(tx, conversationId, inbound.happening);
    if (inbound.press) return await this.press(tx, inbound, inbound.press, rights);
    if (event.kind === 'edit') return await this.edit(tx, { ...event, conversationId }, inbound);
    return await this.answer({ tx, conversationId, eventId: event.id, holder, rights }, inbound);
  }

  /** Past the limit of unsent answers only what must always work has its effect, without words. */
  private async answer(place: Place, inbound: Received): Promise<HandledOne> {
    const { tx, conversationId, eventId } = place;
    const stops = inbound.stoppedPreview !== null;
    const command = stops ? 'stop' : (inbound.command?.name ?? null);
    const hasRoom = await this.unsent.haveRoom(tx, conversationId);
    if (!hasRoom && command !== 'stop' && command !== 'reset') {
      await tx.event.update({ where: { id: eventId }, data: { state: 'dropped' } });
      this.logger.warn({ msg: 'command dropped', code: 'TOO_MANY_UNSENT_ANSWERS', conversationId, command });
      const texts = textsFor(inbound.sender?.languageCode);
      return { ...nothing, replied: await this.unsent.tellOnce(tx, conversationId, texts) };
    }
    const reply = await this.answers.to(place, inbound);
    this.logger.log({ msg: 'command handled', conversationId, command });
    const replied = reply !== null && (hasRoom || belongsToMore(reply));
    if (replied) await this.outbox.add(tx, { conversationId, ...reply });
    return { ...nothing, replied, freed: command === 'stop' ? [conversationId] : [] };
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

/** The event to handle now, and what of the others has failed. */
interface Next extends Omit<WaitingCommands, 'first'> {
  readonly command: WaitingCommand | null;
}

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

const nothing: HandledOne = { replied: false, freed: [], told: [], heldUpMs: 0, felt: null };

/** It ends a turn, or takes the place of a message that is shown. */
const belongsToMore = ({ turnId, inPlaceOf }: Confirmation): boolean =>
  turnId !== undefined || inPlaceOf !== undefined;

const listOf = (id: string | null): readonly string[] => (id === null ? [] : [id]);

/** What handling commands came to. */
export interface Handled {
  /** Replies wait to be sent. */
  readonly replied: boolean;
  /** Conversations whose lane "turns" has something to do: behind a stopped turn, an edit, an approval. */
  readonly freed: readonly string[];
  /** Other conversations in which replies wait to be sent. */
  readonly told: readonly string[];
  /** Milliseconds until an event is tried again that has failed; messages wait for it. */
  readonly heldUpMs: number;
}
