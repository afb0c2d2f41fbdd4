import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';

const WORD = '…';

/** A first word, at once, where the channel wants one: the answer takes its place. */
@Injectable()
export class Opening {
  private readonly logger = new Logger(Opening.name);

  constructor(
    private readonly channel: Channel,
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
  ) {}

  /** @throws LeaseLostError, or the reason of the signal */
  async of(lease: Lease, conversation: Conversation, signal: AbortSignal): Promise<void> {
    const via = await this.channel.open(conversation, WORD, signal);
    if (via === null) return;
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await this.conversations.setVia(tx, conversation.id, via);
    });
    this.logger.log({ msg: 'answer opened', conversationId: conversation.id });
  }
}
