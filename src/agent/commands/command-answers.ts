import { Injectable } from '@nestjs/common';
import { UsageRepository } from '../../budget/usage.repository.js';
import { Channel, type Received, type Rights } from '../../channel/channel.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { OverheardRepository } from '../../memory/overheard.repository.js';
import { FactsRepository } from '../../memory/facts.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { ChatSettings } from './chat-settings.js';
import { ScheduleList } from './schedule-list.js';
import { SummaryRepository } from '../summaries/summary.repository.js';
import type { Texts } from '../../texts/texts.js';
import { textsFor } from '../../texts/texts-for.js';
import { type Confirmation, TurnStop } from '../turn/turn-stop.repository.js';
import { usageText } from './usage-text.js';

/** A command's place: the transaction that it has its effect in, and who handles it. */
export interface Place {
  readonly tx: Prisma.TransactionClient;
  readonly conversationId: string;
  readonly eventId: bigint;
  readonly holder: Lease | null;
  /** Of who sent it; asked for only where `needsRights`. */
  readonly rights: Rights;
}

/** What each slash command does and says, and what senders who are not admitted are told. */
@Injectable()
export class CommandAnswers {
  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly turnStop: TurnStop,
    private readonly schedules: ScheduleList,
    private readonly facts: FactsRepository,
    private readonly people: PersonRepository,
    private readonly summaries: SummaryRepository,
    private readonly usage: UsageRepository,
    private readonly settings: ChatSettings,
    private readonly overheard: OverheardRepository,
  ) {}

  /**
   * The reply to a command, which has its effect in the same transaction; null: none. What a blocked chat says is not
   * answered.
   * @throws LeaseLostError
   */
  async to(place: Place, inbound: Received): Promise<Confirmation | null> {
    const { tx, conversationId, eventId, holder, rights } = place;
    if (await this.conversations.isBlocked(tx, conversationId)) return null;
    if (inbound.stoppedPreview !== null) return await this.stopPreview(place, inbound.stoppedPreview);
    const texts = textsFor(inbound.sender?.languageCode);
    if (this.channel.admission(inbound) === 'refused') {
      const first = await this.conversations.markRefusalTold(tx, conversationId);
      const { chat } = inbound;
      const words = chat.type === 'private' ? texts.refusal.person : texts.refusal.group;
      return first ? { text: words(chat.chatId.toString()) } : null;
    }
    const { name, args } = inbound.command ?? { name: 'help', args: '' };
    switch (name) {
      case 'start':
        return { text: texts.start };
      case 'reset':
        await this.reset(place, inbound);
        return { text: texts.reset };
      case 'stop':
        return await this.turnStop.stop(tx, conversationId, eventId, holder, texts);
      case 'mode':
        return { text: await this.settings.mode({ tx, conversationId, inbound, rights }, args, texts) };
      case 'settings':
        return { text: await this.settings.settings({ tx, conversationId, inbound, rights }, args, texts) };
      case 'memory':
        return { text: await this.memory(tx, conversationId, texts) };
      case 'usage': {
        const usages = await this.usage.of(tx, conversationId, inbound.sender?.userId ?? null);
        return { text: usageText(usages, inbound.chat.type === 'private' ? 'private' : 'group', texts) };
      }
      case 'schedules':
        return { text: await this.schedules.handle(tx, conversationId, args, texts) };
      default:
        return { text: texts.help };
    }
  }

  private async stopPreview(place: Place, previewId: number): Promise<Confirmation | null> {
    const { tx, conversationId, holder } = place;
    // Telegram does not say who pressed; there is only one in a private chat.
    const texts = textsFor(await this.people.languageIn(tx, conversationId));
    return await this.turnStop.stopPreview(tx, conversationId, previewId, holder, texts);
  }

  private async reset({ tx, conversationId, eventId }: Place, { channelMessageId }: Received): Promise<void> {
    await this.conversations.reset(tx, conversationId, eventId);
    if (channelMessageId !== null) await this.overheard.forgetBefore(tx, conversationId, channelMessageId);
  }

  private async memory(tx: Prisma.TransactionClient, conversationId: string, texts: Texts): Promise<string> {
    const epoch = await this.conversations.epoch(tx, conversationId);
    const facts = await this.facts.list(conversationId, tx);
    const summary = await this.summaries.of(conversationId, epoch, tx);
    return texts.memory(
      facts.map(({ text }) => text),
      summary?.text ?? '',
    );
  }
}
