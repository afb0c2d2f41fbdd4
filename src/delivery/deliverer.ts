import { Injectable } from '@nestjs/common';
import { Channel, type ReplyBody, type SendOutcome } from '../channel/channel.js';
import { insist } from '../database/insist.js';
import { LeaseLostError } from '../errors/errors.js';
import type { Reply } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { LeaseHolder } from '../lease/lease-holder.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { Random } from '../runtime/random.js';
import { Stopping } from '../runtime/stopping.js';
import { FloodGate } from './flood/flood-gate.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import { decide, decideEdit } from './send-decision.js';
import { SendRecords } from './send-records.js';

/** When the lease is somebody else's: look again soon, that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

/**
 * Sends a conversation's replies, one after another. A reply is marked `sending` before the call; found so by a later
 * run, its outcome is unknown, and it is sent at most once more and recorded as `uncertain`: Telegram's Bot API has no
 * idempotency key, so exactly once cannot be had; but for a reply that takes a draft over, where an edit is repeated until
 * it holds. What the flood gate does not let through yet ends the run, which says when to come back.
 */
@Injectable()
export class Deliverer {
  constructor(
    private readonly channel: Channel,
    private readonly replies: ReplyRepository,
    private readonly records: SendRecords,
    private readonly gate: FloodGate,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
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
        const delayMs = await this.deliver(lease, reply, lost);
        if (delayMs > 0) return { next: 'later', delayMs };
      } catch (error) {
        if (error instanceof LeaseLostError) return { next: 'none' };
        // The reply stays `sending`: the next run knows that its outcome is unknown.
        if (this.stopping.now.aborted) return { next: 'now' };
        throw error;
      }
    }
    return { next: 'none' };
  }

  /** @returns milliseconds until the flood gate opens for it; 0: it is not held up by that */
  private async deliver(lease: Lease, reply: OpenReply, lost: AbortSignal): Promise<number> {
    // An edit is repeated until it holds; whether an interrupted send had its effect cannot be known.
    if (reply.state === 'sending' && reply.channelMessageId === null) {
      const error = 'the sender ended between the call and its record';
      const decision = decide({ kind: 'unknown', error }, this.triesOf(reply), this.random.next());
      await this.records.write(lease, reply, decision);
      return 0;
    }
    const waitMs = await this.replies.markSending(lease, reply);
    if (waitMs > 0) return waitMs;
    const outcome = await this.sendOnce(reply, lost);
    const tries = this.triesOf(reply);
    const now = { ...tries, attempts: tries.attempts + 1 };
    const edits = reply.channelMessageId !== null;
    const decision = (edits ? decideEdit : decide)(outcome, now, this.random.next());
    // What Telegram has done cannot be undone: not written down, it would be sent again.
    await insist(() => this.records.write(lease, reply, decision));
    if (outcome.kind === 'limited') await this.gate.limited(reply.destination, outcome.retryAfterMs);
    return 0;
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

  private triesOf(reply: OpenReply) {
    const { attempts, unknownSends, ageMs } = reply;
    return { attempts, unknownSends, ageMs };
  }
}

function bodyOf({ body }: Reply): ReplyBody {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
}
