import { Injectable } from '@nestjs/common';
import { ContextSettings } from '../llm/context.settings.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import {
  GROUP_CONTEXT_SHARE,
  groupContextBlock,
  groupContextText,
  forgottenGroupContext,
} from './group-context.js';
import type { Block } from './context.js';
import { TokenCounter } from '../llm/token-counter.js';

/** The group context of turns. It is stored with the turn: each run's calls must have the same influence. */
@Injectable()
export class TurnGroupContextRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly groupContext: GroupContextRepository,
    private readonly tokens: TokenCounter,
    private readonly settings: ContextSettings,
  ) {}

  /**
   * Loads the turn's group context, which its first run takes from the group's window; null if there is none.
   * @throws LeaseLostError
   */
  async loadForTurn(lease: Lease, conversation: Conversation, turn: Turn): Promise<Block | null> {
    if (conversation.chatType === 'private') return null;
    const known = await this.prisma.turnGroupContext.findUnique({ where: { turnId: turn.id } });
    const text = known?.text ?? (await this.takeFromWindow(lease, conversation, turn));
    return text === null ? null : groupContextBlock(text, (one) => this.tokens.count(one));
  }

  /** Takes the group's window; a correction has none, because it is about an older question. */
  private async takeFromWindow(lease: Lease, conversation: Conversation, turn: Turn): Promise<string | null> {
    const window = this.groupContext.windowOf(conversation);
    if (window === 0 || turn.correctsId !== null) return null;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await this.forgetEnded(tx, conversation.id);
      const messages = await this.groupContext.before(tx, turn.id, window);
      const budget = Math.floor(this.settings.contextTokens * GROUP_CONTEXT_SHARE);
      const text = groupContextText(messages, budget, (one) => this.tokens.count(one));
      if (text === null) return null;
      await tx.turnGroupContext.create({ data: { turnId: turn.id, conversationId: conversation.id, text } });
      return text;
    });
  }

  /**
   * Deletes the group context of ended turns, in the caller's transaction. A failed turn, which may be replayed, keeps
   * the mark that it had one.
   */
  async forgetEnded(tx: Prisma.TransactionClient, conversationId: string): Promise<void> {
    await tx.turnGroupContext.deleteMany({
      where: { conversationId, turn: { state: { in: ['done', 'cancelled'] } } },
    });
    await tx.turnGroupContext.updateMany({
      where: { conversationId, turn: { state: 'failed' } },
      data: { text: forgottenGroupContext() },
    });
  }
}
