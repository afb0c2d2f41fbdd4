import { Injectable } from '@nestjs/common';
import { UsageRepository } from '../../budget/usage.repository.js';
import type { Rights } from '../../channel/capabilities.js';
import { Channel, type Received } from '../../channel/channel.js';
import type { InboundCommand, InboundMessage, StoppedPreview } from '../../channel/inbound.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import { FactsRepository } from '../../memory/facts.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { ChatSettings } from './chat-settings.js';
import { ScheduleList } from './schedule-list.js';
import { SummaryRepository } from '../context/summary.repository.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import { type StopConfirmation, TurnStopRepository } from '../turns/turn-stop.repository.js';
import { usageText } from './usage-text.js';

/** An event that is answered without the model, including a message of a sender without access. */
export type Answerable = InboundCommand | InboundMessage | StoppedPreview;

/** The context of a command: its transaction, and its sender. */
export interface CommandPlace {
  readonly tx: Prisma.TransactionClient;
  readonly conversationId: string;
  readonly eventId: bigint;
  readonly holder: Lease | null;
  /** The sender's; asked for only if `needsRights`. */
  readonly rights: Rights;
}

/** The effect and the answer of each slash command, and the answer to senders without access. */
@Injectable()
export class CommandAnswers {
  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly turnStop: TurnStopRepository,
    private readonly schedules: ScheduleList,
    private readonly facts: FactsRepository,
    private readonly people: PersonRepository,
    private readonly summaries: SummaryRepository,
    private readonly usage: UsageRepository,
    private readonly settings: ChatSettings,
    private readonly groupContext: GroupContextRepository,
  ) {}

  /**
   * The reply to a command, which has its effect in the same transaction; null: none. A blocked chat gets no answer.
   * @throws LeaseLostError
   */
  async to(place: CommandPlace, inbound: Received<Answerable>): Promise<StopConfirmation | null> {
    const { tx, conversationId, eventId, holder, rights } = place;
    if (await this.conversations.isBlocked(tx, conversationId)) return null;
    if (inbound.kind === 'stopped-preview') return await this.stopPreview(place, inbound.previewId);
    const i18n = i18nFor(inbound.sender?.languageCode);
    if (this.channel.admission(inbound) === 'refused') {
      const first = await this.conversations.markRefusalNotified(tx, conversationId);
      const { chat } = inbound;
      const words = chat.type === 'private' ? i18n.refusal.person : i18n.refusal.group;
      return first ? { text: words(chat.chatId) } : null;
    }
    const { name, args } = inbound.kind === 'command' ? inbound.command : { name: 'help', args: '' };
    switch (name) {
      case 'start':
        return { text: i18n.start };
      case 'reset':
        await this.reset(place, inbound);
        return { text: i18n.reset };
      case 'stop':
        return await this.turnStop.stop(tx, conversationId, eventId, holder, i18n);
      case 'mode':
        return { text: await this.settings.mode({ tx, conversationId, inbound, rights }, args, i18n) };
      case 'settings':
        return { text: await this.settings.settings({ tx, conversationId, inbound, rights }, args, i18n) };
      case 'memory':
        return { text: await this.memory(tx, conversationId, i18n) };
      case 'usage': {
        const usages = await this.usage.findUsage(tx, conversationId, inbound.sender?.userId ?? null);
        return { text: usageText(usages, inbound.chat.type === 'private' ? 'private' : 'group', i18n) };
      }
      case 'schedules':
        return { text: await this.schedules.handle(tx, conversationId, args, i18n) };
      default:
        return { text: i18n.help };
    }
  }

  private async stopPreview(place: CommandPlace, previewId: number): Promise<StopConfirmation | null> {
    const { tx, conversationId, holder } = place;
    // Telegram does not name the presser; a private chat has only one person.
    const i18n = i18nFor(await this.people.languageIn(tx, conversationId));
    return await this.turnStop.stopPreview(tx, conversationId, previewId, holder, i18n);
  }

  private async reset(
    { tx, conversationId, eventId }: CommandPlace,
    { position }: Pick<InboundCommand, 'position'>,
  ): Promise<void> {
    await this.conversations.reset(tx, conversationId, eventId);
    if (position !== null) await this.groupContext.forgetBefore(tx, conversationId, position);
  }

  private async memory(tx: Prisma.TransactionClient, conversationId: string, i18n: I18n): Promise<string> {
    const epoch = await this.conversations.epoch(tx, conversationId);
    const facts = await this.facts.list(conversationId, tx);
    const summary = await this.summaries.findLatest(conversationId, epoch, tx);
    return i18n.memory(
      facts.map(({ text }) => text),
      summary?.text ?? '',
    );
  }
}
