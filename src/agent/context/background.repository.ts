import { Injectable } from '@nestjs/common';
import { AgentSettings } from '../../config/agent.settings.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { OverheardRepository } from '../../memory/overheard.repository.js';
import { BACKGROUND_SHARE, backgroundBlock, backgroundText, forgottenBackground } from './background.js';
import type { Block } from './context.js';
import { TokenCounter } from './token-counter.js';

/** What turns show of people's talk. Kept with the turn: what led to its calls must be the same in each of its runs. */
@Injectable()
export class Backgrounds {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly overheard: OverheardRepository,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
  ) {}

  /**
   * The turn's background, taken from the group's window by its first run; null where there is none.
   * @throws LeaseLostError
   */
  async of(lease: Lease, conversation: Conversation, turn: Turn): Promise<Block | null> {
    if (conversation.chatType === 'private') return null;
    const known = await this.prisma.background.findUnique({ where: { turnId: turn.id } });
    const text = known?.text ?? (await this.take(lease, conversation, turn));
    return text === null ? null : backgroundBlock(text, (one) => this.tokens.count(one));
  }

  /** A correction is about what was said then, and of that the window knows nothing any more. */
  private async take(lease: Lease, conversation: Conversation, turn: Turn): Promise<string | null> {
    const window = this.overheard.windowOf(conversation);
    if (window === 0 || turn.correctsId !== null) return null;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await this.forgetEnded(tx, conversation.id);
      const messages = await this.overheard.before(tx, turn.id, window);
      const budget = Math.floor(this.settings.contextTokens * BACKGROUND_SHARE);
      const text = backgroundText(messages, budget, (one) => this.tokens.count(one));
      if (text === null) return null;
      await tx.background.create({ data: { turnId: turn.id, conversationId: conversation.id, text } });
      return text;
    });
  }

  /** In the caller's transaction. A failed turn may be replayed: what it read is let go, not that it read it. */
  async forgetEnded(tx: Prisma.TransactionClient, conversationId: string): Promise<void> {
    await tx.background.deleteMany({
      where: { conversationId, turn: { state: { in: ['done', 'cancelled'] } } },
    });
    await tx.background.updateMany({
      where: { conversationId, turn: { state: 'failed' } },
      data: { text: forgottenBackground() },
    });
  }
}
