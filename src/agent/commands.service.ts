import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import type { Inbound } from '../channel/inbound.js';
import { PrismaService } from '../database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import type { Event, Prisma } from '../generated/prisma/client.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { texts } from './texts.js';

/** Answers what needs no model: slash commands, and senders who are not admitted. */
@Injectable()
export class Commands {
  private readonly logger = new Logger(Commands.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Handles the conversation's waiting commands in order, each in one transaction with its effect and its reply, so that
   * each has one effect whichever lane comes first.
   * @returns true when replies wait to be sent
   */
  async handleWaiting(conversationId: string): Promise<boolean> {
    let replied = false;
    for (;;) {
      const handled = await this.prisma.$transaction((tx) => this.handleNext(tx, conversationId));
      if (handled === null) return replied;
      replied ||= handled;
    }
  }

  /** @returns null when no command waits, else whether there is a reply */
  private async handleNext(tx: Prisma.TransactionClient, conversationId: string): Promise<boolean | null> {
    const [event] = await tx.$queryRaw<Pick<Event, 'id' | 'payload'>[]>`
      SELECT id, payload FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind = 'command'
      ORDER BY id LIMIT 1 FOR UPDATE`;
    if (!event) return null;
    await tx.event.update({ where: { id: event.id }, data: { state: 'done' } });
    const inbound = this.channel.read(event.payload);
    const text = inbound ? await this.answer(tx, conversationId, event.id, inbound) : null;
    this.logger.log({ msg: 'command handled', conversationId, command: inbound?.command?.name ?? null });
    if (text === null) return false;
    await this.outbox.add(tx, { conversationId, text });
    return true;
  }

  /** What a blocked chat says is not answered. */
  private async answer(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    inbound: Inbound,
  ): Promise<string | null> {
    if (await this.conversations.isBlocked(tx, conversationId)) return null;
    if (!this.channel.admits(inbound)) {
      return (await this.conversations.markRefusalTold(tx, conversationId)) ? texts.refusal : null;
    }
    const name = inbound.command?.name ?? 'help';
    switch (name) {
      case 'start':
        return texts.start;
      case 'reset':
        await this.conversations.reset(tx, conversationId, eventId);
        return texts.reset;
      default:
        return texts.help;
    }
  }
}
