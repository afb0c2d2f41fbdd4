import { Injectable, Logger } from '@nestjs/common';
import type { ChannelMessageId } from '../channel/ids.js';
import { ErrorTexts } from '../platform/errors/error-text.js';
import type { Prisma, Reply } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { ChatMigrationService } from '../memory/chat-migration/chat-migration.service.js';
import { type Count, Metrics } from '../platform/observability/metrics.js';
import { Ids } from '../platform/runtime/ids.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import type { SendDecision } from './send-decision.js';

type Again = SendDecision & { readonly kind: 'again' | 'anew' | 'once-more' | 'moved' };

/** Records the outcome of a try to send, and logs it. */
@Injectable()
export class SendRecords {
  private readonly logger = new Logger('Deliverer');
  private readonly count: Count<'sent' | 'uncertain' | 'failed'>;

  constructor(
    private readonly replies: ReplyRepository,
    private readonly chatMigration: ChatMigrationService,
    private readonly ids: Ids,
    private readonly errorTexts: ErrorTexts,
    metrics: Metrics,
  ) {
    const help =
      'Replies that are settled, by how; uncertain: Telegram may have shown it twice, or not at all';
    this.count = metrics.counter('replies_total', help, 'outcome', ['sent', 'uncertain', 'failed']);
  }

  /**
   * Safe to repeat.
   * @returns whether work may be left for the sender, which holds its lease then
   * @throws LeaseLostError
   */
  async write(lease: Lease, reply: OpenReply, decision: SendDecision): Promise<boolean> {
    switch (decision.kind) {
      case 'sent':
        return await this.sent(lease, reply, decision.channelMessageId);
      case 'again':
      case 'anew':
      case 'once-more':
        await this.putBack(lease, reply, decision);
        return true;
      case 'moved': {
        // First: whatever the outcome of the migration, the reply was not sent.
        await this.putBack(lease, reply, decision);
        const { channel, chatId } = reply.destination;
        await this.chatMigration.migrate(channel, { fromChatId: chatId, toChatId: decision.toChatId });
        return true;
      }
      case 'give-up':
        await this.bury(lease, reply, decision);
        return true;
    }
  }

  private async sent(lease: Lease, reply: OpenReply, channelMessageId: ChannelMessageId): Promise<boolean> {
    const state = reply.unknownSends > 0 ? 'uncertain' : 'sent';
    const isWorkLeft = await this.replies.sent(lease, reply, state, channelMessageId);
    this.count(state);
    this.logger.log({
      msg: 'reply sent',
      ...idsOf(reply),
      state,
      channelMessageId,
    });
    return isWorkLeft;
  }

  private async putBack(lease: Lease, reply: OpenReply, decision: Again): Promise<void> {
    const error = this.errorTexts.storable(decision.error);
    const firstError = reply.firstError ?? error;
    const delayMs = 'delayMs' in decision ? decision.delayMs : 0;
    await this.replies.putBack(lease, reply.id, { ...changeOf(reply, decision), error, firstError }, delayMs);
    this.logger.warn({ msg: words[decision.kind], ...idsOf(reply), delayMs, error });
  }

  private async bury(
    lease: Lease,
    reply: OpenReply,
    decision: SendDecision & { kind: 'give-up' },
  ): Promise<void> {
    const { code, uncertain, unreachable } = decision;
    const error = this.errorTexts.storable(decision.error);
    const firstError = reply.firstError ?? error;
    const state = uncertain ? ('uncertain' as const) : ('failed' as const);
    const letter = {
      id: this.ids.next(),
      kind: 'reply' as const,
      subjectId: String(reply.id),
      conversationId: reply.conversationId,
      reason: code,
      // Counted when it was marked `sending`, unless an earlier run did that.
      attempts: reply.state === 'sending' ? reply.attempts : reply.attempts + 1,
      firstError,
      lastError: error,
      payload: { body: reply.body ?? {} },
    };
    const reach = unreachable ? 'unreachable' : 'reachable';
    await this.replies.bury(lease, reply, { state, error, firstError }, letter, reach);
    this.count(state);
    this.logger.error({ msg: 'reply failed for good', ...idsOf(reply), code, error });
  }
}

const words: Readonly<Record<Again['kind'], string>> = {
  again: 'reply put back',
  anew: 'draft is gone, reply sent as a new message',
  'once-more': 'reply uncertain, sent once more',
  moved: 'chat has moved, reply sent to where it is now',
};

function changeOf(reply: OpenReply, decision: Again): Prisma.ReplyUncheckedUpdateInput {
  const state = reply.unknownSends > 0 ? ('uncertain' as const) : ('pending' as const);
  switch (decision.kind) {
    case 'again':
      return { state, ...(decision.countsAsTry ? {} : { attempts: reply.attempts }) };
    case 'anew':
      return { state: 'pending', channelMessageId: null };
    case 'once-more':
      return { state: 'uncertain', unknownSends: reply.unknownSends + 1 };
    case 'moved':
      return { state };
  }
}

function idsOf(reply: Reply) {
  return { conversationId: reply.conversationId, turnId: reply.turnId, replyId: String(reply.id) };
}
