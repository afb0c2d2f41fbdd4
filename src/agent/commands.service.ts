import { Injectable, Logger } from '@nestjs/common';
import { UsageRepository } from '../budget/usage.repository.js';
import { Channel } from '../channel/channel.js';
import type { Inbound, Press } from '../channel/inbound.js';
import { BusySettings } from '../config/busy.settings.js';
import { PrismaService } from '../database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import { BusyMode, type Event, type Prisma } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { FactsRepository } from '../memory/facts.repository.js';
import { Approvals } from './approvals/approvals.service.js';
import { type EditEvent, Edits } from './edits.repository.js';
import { ScheduleList } from './schedule-list.js';
import { SummaryRepository } from './summaries/summary.repository.js';
import { texts } from './texts.js';
import { type Confirmation, TurnStop } from './turn-stop.repository.js';
import { usageText } from './usage-text.js';

/** Handles what needs no model: slash commands, buttons, edits, and senders who are not admitted. */
@Injectable()
export class Commands {
  private readonly logger = new Logger(Commands.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
    private readonly edits: Edits,
    private readonly approvals: Approvals,
    private readonly turnStop: TurnStop,
    private readonly schedules: ScheduleList,
    private readonly facts: FactsRepository,
    private readonly summaries: SummaryRepository,
    private readonly busy: BusySettings,
    private readonly usage: UsageRepository,
  ) {}

  /**
   * Handles the conversation's waiting commands and edits in order, each in one transaction with its effect and its reply, so that
   * each has one effect whichever lane comes first.
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
    if (inbound.press) return await this.press(tx, inbound, inbound.press);
    if (event.kind === 'edit') return await this.edit(tx, { ...event, conversationId }, inbound);
    const reply = await this.answer({ tx, conversationId, eventId: event.id, holder }, inbound);
    const command = inbound.command?.name ?? null;
    this.logger.log({ msg: 'command handled', conversationId, command });
    if (reply) await this.outbox.add(tx, { conversationId, ...reply });
    return { replied: reply !== null, freed: command === 'stop' ? [conversationId] : [], felt: null };
  }

  private async press(tx: Prisma.TransactionClient, inbound: Inbound, press: Press): Promise<HandledOne> {
    const { words, conversationId } = await this.approvals.press(tx, press, inbound);
    const freed = conversationId === null ? [] : [conversationId];
    return { replied: freed.length > 0, freed, felt: { press, words } };
  }

  private async edit(tx: Prisma.TransactionClient, event: EditEvent, inbound: Inbound): Promise<HandledOne> {
    const outcome = await this.edits.apply(tx, event, inbound);
    this.logger.log({ msg: 'edit handled', conversationId: event.conversationId, outcome });
    return { replied: false, freed: outcome === 'joins' ? [event.conversationId] : [], felt: null };
  }

  /** What a blocked chat says is not answered. */
  private async answer(place: Place, inbound: Inbound): Promise<Confirmation | null> {
    const { tx, conversationId, eventId, holder } = place;
    if (await this.conversations.isBlocked(tx, conversationId)) return null;
    if (!this.channel.admits(inbound)) {
      const first = await this.conversations.markRefusalTold(tx, conversationId);
      return first ? { text: texts.refusal } : null;
    }
    const { name, args } = inbound.command ?? { name: 'help', args: '' };
    switch (name) {
      case 'start':
        return { text: texts.start };
      case 'reset':
        await this.conversations.reset(tx, conversationId, eventId);
        return { text: texts.reset };
      case 'stop':
        return await this.turnStop.stop(tx, conversationId, eventId, holder);
      case 'mode':
        return { text: await this.mode(tx, conversationId, args) };
      case 'memory':
        return { text: await this.memory(tx, conversationId) };
      case 'usage': {
        const usages = await this.usage.of(tx, conversationId, inbound.sender?.userId ?? null);
        return { text: usageText(usages, inbound.chat.type === 'private' ? 'private' : 'group') };
      }
      case 'schedules':
        return { text: await this.schedules.handle(tx, conversationId, args) };
      default:
        return { text: texts.help };
    }
  }

  private async mode(tx: Prisma.TransactionClient, conversationId: string, args: string): Promise<string> {
    const wanted = modes.find((mode) => mode === args.toLowerCase());
    if (wanted) await this.conversations.setBusyMode(tx, conversationId, wanted);
    else if (args !== '') return texts.modeUnknown(modes);
    const mode = wanted ?? (await this.conversations.busyMode(tx, conversationId)) ?? this.busy.mode;
    return texts.mode(mode, modes);
  }

  private async memory(tx: Prisma.TransactionClient, conversationId: string): Promise<string> {
    const { epoch } = await tx.conversation.findUniqueOrThrow({ where: { id: conversationId } });
    const facts = await this.facts.list(conversationId, tx);
    const summary = await this.summaries.of(conversationId, epoch, tx);
    return texts.memory(
      facts.map(({ text }) => text),
      summary?.text ?? '',
    );
  }
}

const modes = Object.values(BusyMode);

/** A command's place: the transaction that it has its effect in, and who handles it. */
interface Place {
  readonly tx: Prisma.TransactionClient;
  readonly conversationId: string;
  readonly eventId: bigint;
  readonly holder: Lease | null;
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
