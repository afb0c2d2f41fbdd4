import { Injectable, Logger } from '@nestjs/common';
import { Channel, type ReplyBody, type SendOutcome } from '../channel/channel.js';
import { insist } from '../database/insist.js';
import { LeaseLostError } from '../errors/errors.js';
import type { Prisma, Reply } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { LeaseHolder } from '../lease/lease-holder.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { Clock } from '../runtime/clock.js';
import { Ids } from '../runtime/ids.js';
import { Random } from '../runtime/random.js';
import { Stopping } from '../runtime/stopping.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import { decide, decideEdit, type SendDecision } from './send-decision.js';

/** When the lease is somebody else's: look again soon, that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

/**
 * Sends a conversation's replies, one after another. A reply is marked `sending` before the call; found so by a later
 * run, its outcome is unknown, and it is sent at most once more and recorded as `uncertain`: Telegram's Bot API has no
 * idempotency key, so exactly once cannot be had; but for a reply that takes a draft over, where an edit is repeated until
 * it holds.
 */
@Injectable()
export class Deliverer {
  private readonly logger = new Logger(Deliverer.name);

  constructor(
    private readonly channel: Channel,
    private readonly replies: ReplyRepository,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly random: Random,
  ) {}

  /** Sends what can be sent now. Never throws for what the channel answers. */
  async run(conversationId: string): Promise<LaneOutcome> {
    const outcome = await this.leases.hold(conversationId, 'deliveries', (lease, lost) =>
      this.drain(lease, lost),
    );
    if (outcome) return outcome;
    const nothingLeft = (await this.replies.nextOpen(conversationId)) === null;
    return nothingLeft ? { next: 'none' } : { next: 'later', delayMs: LEASE_RETRY_MS };
  }

  private async drain(lease: Lease, lost: AbortSignal): Promise<LaneOutcome> {
    while (!lost.aborted) {
      if (this.stopping.soon.aborted) return { next: 'now' };
      const reply = await this.replies.nextOpen(lease.conversationId);
      if (!reply) return { next: 'none' };
      if (reply.waitMs > 0) return { next: 'later', delayMs: reply.waitMs };
      try {
        await this.deliver(lease, reply, lost);
      } catch (error) {
        if (error instanceof LeaseLostError) return { next: 'none' };
        // The reply stays `sending`: the next run knows that its outcome is unknown.
        if (this.stopping.now.aborted) return { next: 'now' };
        throw error;
      }
    }
    return { next: 'none' };
  }

  private async deliver(lease: Lease, reply: OpenReply, lost: AbortSignal): Promise<void> {
    // An edit is repeated until it holds; whether an interrupted send had its effect cannot be known.
    if (reply.state === 'sending' && reply.channelMessageId === null) {
      const error = 'the sender ended between the call and its record';
      return await this.apply(
        lease,
        reply,
        decide({ kind: 'unknown', error }, this.triesOf(reply), this.random.next()),
      );
    }
    await this.replies.markSending(lease, reply.id);
    const outcome = await this.sendOnce(reply, lost);
    const tries = this.triesOf(reply);
    const now = { ...tries, attempts: tries.attempts + 1 };
    const edits = reply.channelMessageId !== null;
    const decision = (edits ? decideEdit : decide)(outcome, now, this.random.next());
    // What Telegram has done cannot be undone: not written down, it would be sent again.
    await insist(() => this.apply(lease, reply, decision));
  }

  private async sendOnce(reply: OpenReply, lost: AbortSignal): Promise<SendOutcome> {
    const ended = new AbortController();
    try {
      const signal = AbortSignal.any([lost, this.stopping.now, ended.signal]);
      const { destination, channelMessageId } = reply;
      if (channelMessageId === null) return await this.channel.send(destination, bodyOf(reply), signal);
      return await this.channel.edit(destination, channelMessageId, bodyOf(reply), signal);
    } finally {
      // Frees the composed signal from the signals that outlive this send.
      ended.abort();
    }
  }

  private async apply(lease: Lease, reply: OpenReply, decision: SendDecision): Promise<void> {
    const ids = { conversationId: reply.conversationId, turnId: reply.turnId, replyId: String(reply.id) };
    const firstError = reply.firstError ?? ('error' in decision ? decision.error : null);
    switch (decision.kind) {
      case 'sent': {
        const state = reply.unknownSends > 0 ? 'uncertain' : 'sent';
        await this.replies.sent(lease, reply, state, decision.channelMessageId);
        this.logger.log({
          msg: 'reply sent',
          ...ids,
          state,
          channelMessageId: String(decision.channelMessageId),
        });
        return;
      }
      case 'again': {
        const state = reply.unknownSends > 0 ? ('uncertain' as const) : ('pending' as const);
        const attempts = decision.countsAsTry ? {} : { attempts: reply.attempts };
        const change = { state, error: decision.error, firstError, ...attempts };
        await this.replies.putBack(lease, reply.id, change, decision.delayMs);
        this.logger.warn({ msg: 'reply put back', ...ids, delayMs: decision.delayMs, error: decision.error });
        return;
      }
      case 'anew': {
        const change = {
          state: 'pending' as const,
          channelMessageId: null,
          error: decision.error,
          firstError,
        };
        await this.replies.putBack(lease, reply.id, change, 0);
        this.logger.warn({
          msg: 'draft is gone, reply sent as a new message',
          ...ids,
          error: decision.error,
        });
        return;
      }
      case 'once-more': {
        const change = {
          state: 'uncertain' as const,
          unknownSends: reply.unknownSends + 1,
          error: decision.error,
          firstError,
        };
        await this.replies.putBack(lease, reply.id, change, decision.delayMs);
        this.logger.warn({ msg: 'reply uncertain, sent once more', ...ids, error: decision.error });
        return;
      }
      case 'give-up': {
        const change = {
          state: decision.uncertain ? ('uncertain' as const) : ('failed' as const),
          error: decision.error,
          firstError,
        };
        await this.replies.bury(lease, reply, change, this.letterOf(reply, decision, firstError));
        this.logger.error({
          msg: 'reply failed for good',
          ...ids,
          code: decision.code,
          error: decision.error,
        });
        return;
      }
    }
  }

  private triesOf(reply: Reply) {
    const ageMs = this.clock.now().getTime() - reply.createdAt.getTime();
    return { attempts: reply.attempts, unknownSends: reply.unknownSends, ageMs };
  }

  private letterOf(
    reply: Reply,
    decision: SendDecision & { kind: 'give-up' },
    firstError: string | null,
  ): Prisma.DeadLetterUncheckedCreateInput {
    return {
      id: this.ids.next(),
      kind: 'reply',
      subjectId: String(reply.id),
      conversationId: reply.conversationId,
      reason: decision.code,
      // Counted when it was marked as being sent, unless that was in an earlier run.
      attempts: reply.state === 'sending' ? reply.attempts : reply.attempts + 1,
      firstError,
      lastError: decision.error,
      payload: { body: reply.body ?? {} },
    };
  }
}

function bodyOf({ body }: Reply): ReplyBody {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
}
