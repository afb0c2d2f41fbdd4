import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { MAIN_CHANNEL } from '../../channel/configured-bots.js';
import { ChatId, NO_THREAD } from '../../channel/ids.js';
import { Outbox } from '../../delivery/outbox.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { AlertRepository } from './alert.repository.js';
import { alertText } from './alert-text.js';
import { AlertSettings } from './alert.settings.js';

/**
 * Tells ALERTS_CHAT what went wrong: a part of the sweep. All of a minute is one message, which is committed together
 * with what it tells of, so that each is told once. A dead letter of the chat itself is not told there.
 */
@Injectable()
export class AlertsService implements OnModuleInit {
  private readonly logger = new Logger(AlertsService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly alerts: AlertRepository,
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
    private readonly waker: LaneWaker,
    private readonly settings: AlertSettings,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    if (this.settings.chat !== undefined) this.additions.add('alerts', () => this.run());
  }

  /** One pass. */
  async run(): Promise<void> {
    const { chat } = this.settings;
    if (chat === undefined || !(await this.alerts.hasUntold())) return;
    const conversationId = await this.conversationOf(ChatId(chat));
    // It is made or erased at this moment: the next pass finds it.
    if (conversationId === undefined) return;
    const told = await shortTransaction(this.prisma, async (tx) => {
      // First, in the lock order of replies.
      if (!(await this.alerts.holdChat(tx, conversationId))) return 0;
      if (await this.alerts.hasUnsent(tx, conversationId)) return 0;
      const begun = await this.alerts.begin(tx, chat);
      if (begun === 'none') return 0;
      const untold = (await this.alerts.take(tx, begun === 'first')).filter(
        ({ data }) => Object(data).conversationId !== conversationId,
      );
      const text = alertText(untold);
      if (text !== null) await this.outbox.add(tx, { conversationId, text, class: 'background' });
      return text === null ? 0 : untold.length;
    });
    if (told === 0) return;
    this.waker.wake('deliveries', conversationId);
    this.logger.log({ msg: 'alert written', conversationId, notifications: told });
  }

  private async conversationOf(chatId: ChatId): Promise<string | undefined> {
    // Telegram's groups have negative ids.
    const type = chatId.startsWith('-') ? 'supergroup' : 'private';
    const chat = { chatId, threadId: NO_THREAD, via: null, type, title: null, username: null };
    const [id] = await this.conversations.resolve([{ channel: MAIN_CHANNEL, chat }]);
    return id;
  }
}
