import { Injectable, Logger } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { Channel } from '../../channel/channel.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { ActiveRun } from '../turns/turn-run.js';
import { LeaseRepository } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';

const WORD = '…';

/** Sends a placeholder at once if the channel wants one: the answer replaces it. */
@Injectable()
export class Placeholder {
  private readonly logger = new Logger(Placeholder.name);

  constructor(
    private readonly channel: Channel,
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
  ) {}

  /** @throws LeaseLostError, or the reason of the signal */
  async show({
    lease,
    conversation,
    signal,
  }: Pick<ActiveRun, 'lease' | 'conversation' | 'signal'>): Promise<void> {
    const via = await this.channel.singleMessages?.open(destinationOf(conversation), WORD, signal);
    if (via === undefined || via === null) return;
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await this.conversations.setVia(tx, conversation.id, via);
    });
    this.logger.log({ msg: 'answer opened', conversationId: conversation.id });
  }
}
