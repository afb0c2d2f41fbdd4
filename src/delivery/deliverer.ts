import { Injectable } from '@nestjs/common';
import { Channel, type ReplyBody, type SendOutcome } from '../channel/channel.js';
import { insist } from '../database/insist.js';
import { LeaseLostError } from '../errors/errors.js';
import type { Reply } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { LeaseHolder } from '../lease/lease-holder.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import { inLogScope, type LogIds } from '../observability/log-scope.js';
import { Random } from '../runtime/random.js';
import { Stopping } from '../runtime/stopping.js';
import { type Confirmation, Confirmations } from './confirmations.js';
import { FloodGate } from './flood/flood-gate.js';
import { CONFIRM_SOON_MS, LATE_MS, type ShownMessage } from './late-edit.js';
import { LateEditRepository } from './late-edit.repository.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import { decide, decideEdit, GIVE_UP_AFTER_MS } from './send-decision.js';
import { SendRecords } from './send-records.js';

/** When the lease is somebody else's: look again soon, that holder may be dead. */
const LEASE_RETRY_MS = 2_000;

/** A last send that waits for the channel: asked again after this long. */
const AWAY_RETRY_MS = 5_000;

/**
 * Sends a conversation's replies, one after another. A reply is marked `sending` before the call; found so by a later
 * run, its outcome is unknown, and it is sent at most once more and recorded as `uncertain`: Telegram's Bot API has no
 * idempotency key, so exactly once cannot be had; but for a reply that takes a draft over, where an edit is repeated until
 * it holds. What the flood gate does not let through yet ends the run, which says when to come back.
 *
 * An edit that may take effect after a newer one, of this sender or of another one, is marked, and the newest text of its
 * message is put in once more: see `markLateEdit`.
 */
@Injectable()
export class Deliverer {
  constructor(
    private readonly channel: Channel,
    private readonly replies: ReplyRepository,
    private readonly records: SendRecords,
    private readonly lateEdits: LateEditRepository,
    private readonly confirmations: Confirmations,
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
    const justSettled = new Set<bigint>();
    while (!lost.aborted) {
      if (this.stopping.soon.aborted) return { next: 'now' };
      const reply = await this.replies.nextOpen(lease.conversationId);
      if (!reply) return { next: 'none' };
      if (reply.waitMs > 0) return { next: 'later', delayMs: reply.waitMs };
      const confirmation = confirmationOf(reply);
      // At once it would tell nothing: what comes late needs a moment.
      if (confirmation && justSettled.has(reply.id)) return { next: 'later', delayMs: CONFIRM_SOON_MS };
      try {
        const delayMs = await inLogScope(idsOf(reply), () =>
          confirmation ? this.confirm(lease, confirmation, lost) : this.deliver(lease, reply, lost),
        );
        justSettled.add(reply.id);
        if (delayMs > 0) return { next: 'later', delayMs };
      } catch (error) {
        // Whose edit came late has the text put in once more.
        if (error instanceof LeaseLostError)
          return { next: reply.channelMessageId === null ? 'none' : 'now' };
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
    if (await this.hasToWaitForChannel(reply, lost)) {
      const error = 'sent once with unknown outcome; the channel does not answer';
      await this.records.write(lease, reply, {
        kind: 'again',
        delayMs: AWAY_RETRY_MS,
        error,
        countsAsTry: true,
      });
      return 0;
    }
    const waitMs = await this.replies.markSending(lease, reply);
    if (waitMs > 0) return waitMs;
    const tries = this.triesOf(reply);
    const now = { ...tries, attempts: tries.attempts + 1 };
    const message = messageOf(reply);
    if (message === null) {
      const outcome = await this.whileHeld(lost, (signal) =>
        this.channel.send(reply.destination, bodyOf(reply), signal),
      );
      await this.record(reply, outcome, () =>
        this.records.write(lease, reply, decide(outcome, now, this.random.next())),
      );
      return 0;
    }
    await this.edit(reply, message, lost, async (outcome) => {
      if (outcome.kind === 'unknown') await this.lateEdits.mark(message, LATE_MS);
      await this.records.write(lease, reply, decideEdit(outcome, now, this.random.next()));
    });
    return 0;
  }

  /** The last send of a reply is kept until somebody can say what became of it: an outage would use it up at once. */
  private async hasToWaitForChannel(reply: OpenReply, lost: AbortSignal): Promise<boolean> {
    if (reply.unknownSends === 0 || reply.channelMessageId !== null) return false;
    if (reply.ageMs > GIVE_UP_AFTER_MS) return false;
    return !(await this.whileHeld(lost, (signal) => this.channel.answers(reply.destination.channel, signal)));
  }

  /** Puts the text of a settled reply in once more. @returns as `deliver` */
  private async confirm(lease: Lease, confirmation: Confirmation, lost: AbortSignal): Promise<number> {
    const { reply, message, doubt } = confirmation;
    const waitMs = await this.lateEdits.begin(lease, message, reply.destination, doubt);
    if (waitMs !== 0) return waitMs ?? 0;
    const tries = { attempts: doubt.tries + 1, unknownSends: 0, ageMs: reply.ageMs };
    await this.edit(reply, message, lost, (outcome) =>
      this.confirmations.write(lease, confirmation, decideEdit(outcome, tries, this.random.next())),
    );
    return 0;
  }

  /** An edit that ends after the lease was lost may have come after what its new holder has put in. */
  private async edit(
    reply: OpenReply,
    message: ShownMessage,
    lost: AbortSignal,
    write: (outcome: SendOutcome) => Promise<void>,
  ): Promise<void> {
    let forMs = LATE_MS;
    try {
      const outcome = await this.whileHeld(lost, (signal) =>
        this.channel.edit(reply.destination, message.channelMessageId, bodyOf(reply), signal),
      );
      if (outcome.kind !== 'unknown') forMs = 0;
      await this.record(reply, outcome, () => write(outcome));
    } catch (error) {
      if (error instanceof LeaseLostError) await insist(() => this.lateEdits.mark(message, forMs));
      throw error;
    }
  }

  private async record(reply: OpenReply, outcome: SendOutcome, write: () => Promise<void>): Promise<void> {
    // What Telegram has done cannot be undone: not written down, it would be sent again.
    await insist(write);
    if (outcome.kind === 'limited') await this.gate.limited(reply.destination, outcome.retryAfterMs);
  }

  private async whileHeld<T>(lost: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController();
    try {
      return await call(AbortSignal.any([lost, this.stopping.now, ended.signal]));
    } finally {
      // Frees the composed signal from the signals that outlive this call.
      ended.abort();
    }
  }

  private triesOf(reply: OpenReply) {
    const { attempts, unknownSends, ageMs } = reply;
    return { attempts, unknownSends, ageMs };
  }
}

function messageOf({ conversationId, channelMessageId }: Reply): ShownMessage | null {
  return channelMessageId === null ? null : { conversationId, channelMessageId };
}

function confirmationOf(reply: OpenReply): Confirmation | null {
  const [message, { doubt }] = [messageOf(reply), reply];
  return message && doubt ? { reply, message, doubt } : null;
}

function bodyOf({ body }: Reply): ReplyBody {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
}

function idsOf({ id, conversationId, turnId, destination }: OpenReply): LogIds {
  return {
    channel: destination.channel,
    chatId: String(destination.chatId),
    conversationId,
    ...(turnId !== null && { turnId }),
    replyId: String(id),
  };
}
