import { Injectable } from '@nestjs/common';
import { ChannelMessageId } from '../channel/ids.js';
import { Channel, type ReplyBody, type SendOutcome } from '../channel/channel.js';
import { retryWrite } from '../platform/database/retry-write.js';
import { LeaseLostError } from '../platform/errors/errors.js';
import type { Reply } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { LeaseHolder } from '../queue/lease/lease-holder.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';
import { inLogScope, type LogIds } from '../platform/observability/log-scope.js';
import { WORK_ENDED } from '../platform/runtime/pause.js';
import { Random } from '../platform/runtime/random.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { type Confirmation, Confirmations } from './confirmations.js';
import { FloodGate } from './flood/flood-gate.js';
import { CONFIRM_SOON_MS, LATE_MS, type ShownMessage } from './late-edit.js';
import { LateEditRepository } from './late-edit.repository.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import { decideSend, decideEdit, GIVE_UP_AFTER_MS } from './send-decision.js';
import { SendRecords } from './send-records.js';

/** The delay before the next look when another process holds the lease: that process may be dead. */
const LEASE_RETRY_MS = 2_000;

/** The delay before a last send asks again whether the channel answers. */
const AWAY_RETRY_MS = 5_000;

/**
 * Sends a conversation's replies, one after another. A reply is marked `sending` before the call. A later run that
 * finds it `sending` treats its outcome as unknown, sends it at most once more and records it as `uncertain`:
 * Telegram's Bot API has no idempotency key, so exactly-once delivery is impossible. A reply that edits a draft is the
 * exception: its edit is repeated until it succeeds. A reply that the flood gate holds back ends the run, which reports
 * when to come back.
 *
 * An edit that may take effect after a newer one is marked, and the newest text of its message is sent once more: see
 * `markLateEdit`.
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

  /** Sends all replies that are due. An answer of the channel never makes it throw. */
  async run(conversationId: string): Promise<LaneOutcome> {
    const reading = this.replies.reading(conversationId);
    const outcome = await this.leases.holdAndRead(
      conversationId,
      'deliveries',
      reading,
      (lease, lost, first) => this.drain(lease, lost, first),
    );
    if (outcome) return outcome;
    const nothingLeft = (await this.replies.nextOpen(conversationId)) === null;
    return nothingLeft ? { next: 'none' } : { next: 'later', delayMs: LEASE_RETRY_MS };
  }

  private async drain(lease: Lease, lost: AbortSignal, first: OpenReply | null): Promise<LaneOutcome> {
    const justSettled = new Set<bigint>();
    let next = first;
    while (next && !lost.aborted) {
      const reply = next;
      if (this.stopping.soon.aborted) return { next: 'now' };
      if (reply.waitMs > 0) return { next: 'later', delayMs: reply.waitMs };
      const confirmation = confirmationOf(reply);
      // A confirmation in the same run would prove nothing: a late edit takes a moment to arrive.
      if (confirmation && justSettled.has(reply.id)) return { next: 'later', delayMs: CONFIRM_SOON_MS };
      try {
        const end = await inLogScope(idsOf(reply), () =>
          confirmation ? this.confirm(lease, confirmation, lost) : this.deliver(lease, reply, lost),
        );
        if (end) return end;
        justSettled.add(reply.id);
        next = await this.replies.nextOpen(lease.conversationId);
      } catch (error) {
        // After a late edit the text is sent once more.
        if (error instanceof LeaseLostError)
          return { next: reply.channelMessageId === null ? 'none' : 'now' };
        // The reply stays `sending`: the next run treats its outcome as unknown.
        if (this.stopping.now.aborted) return { next: 'now' };
        throw error;
      }
    }
    return { next: 'none' };
  }

  /** @returns the end of the run: the flood gate holds the reply back, or nothing is left; null: go on */
  private async deliver(lease: Lease, reply: OpenReply, lost: AbortSignal): Promise<LaneOutcome | null> {
    // An edit is repeated until it succeeds. The outcome of an interrupted send cannot be known.
    if (reply.state === 'sending' && reply.channelMessageId === null) {
      const error = 'the sender ended between the call and its record';
      const decision = decideSend({ kind: 'unknown', error }, this.triesOf(reply), this.random.next());
      return afterRecord(await this.records.write(lease, reply, decision));
    }
    if (await this.hasToWaitForChannel(reply, lost)) {
      const error = 'sent once with unknown outcome; the channel does not answer';
      await this.records.write(lease, reply, {
        kind: 'again',
        delayMs: AWAY_RETRY_MS,
        error,
        countsAsTry: true,
      });
      return null;
    }
    const waitMs = await this.replies.markSending(lease, reply);
    if (waitMs > 0) return { next: 'later', delayMs: waitMs };
    const tries = this.triesOf(reply);
    const now = { ...tries, attempts: tries.attempts + 1 };
    const message = messageOf(reply);
    if (message === null) {
      const outcome = await this.whileHeld(lost, (signal) =>
        this.channel.send(reply.destination, bodyOf(reply), signal),
      );
      const isWorkLeft = await this.record(reply, outcome, () =>
        this.records.write(lease, reply, decideSend(outcome, now, this.random.next())),
      );
      return afterRecord(isWorkLeft);
    }
    const isWorkLeft = await this.edit(reply, message, lost, async (outcome) => {
      if (outcome.kind === 'unknown') await this.lateEdits.mark(message, LATE_MS);
      return await this.records.write(lease, reply, decideEdit(outcome, now, this.random.next()));
    });
    return afterRecord(isWorkLeft);
  }

  /** The last send of a reply waits until the channel answers: an outage would use it up at once. */
  private async hasToWaitForChannel(reply: OpenReply, lost: AbortSignal): Promise<boolean> {
    if (reply.unknownSends === 0 || reply.channelMessageId !== null) return false;
    const { probe } = this.channel;
    if (!probe || reply.ageMs > GIVE_UP_AFTER_MS) return false;
    return !(await this.whileHeld(lost, (signal) => probe.answers(reply.destination.channel, signal)));
  }

  /** Sends the text of a settled reply once more. @returns as `deliver` */
  private async confirm(
    lease: Lease,
    confirmation: Confirmation,
    lost: AbortSignal,
  ): Promise<LaneOutcome | null> {
    const { reply, message, doubt } = confirmation;
    const waitMs = await this.lateEdits.begin(lease, message, reply.destination, doubt);
    if (waitMs !== 0) return waitMs === null ? null : { next: 'later', delayMs: waitMs };
    const tries = { attempts: doubt.tries + 1, unknownSends: 0, ageMs: reply.ageMs };
    await this.edit(reply, message, lost, (outcome) =>
      this.confirmations.write(lease, confirmation, decideEdit(outcome, tries, this.random.next())),
    );
    return null;
  }

  /** An edit that ends after the lease was lost may have overwritten the text of the lease's new holder. */
  private async edit<T>(
    reply: OpenReply,
    message: ShownMessage,
    lost: AbortSignal,
    write: (outcome: SendOutcome) => Promise<T>,
  ): Promise<T> {
    let forMs = LATE_MS;
    try {
      const outcome = await this.whileHeld(lost, (signal) =>
        this.channel.edit(reply.destination, message.channelMessageId, bodyOf(reply), signal),
      );
      if (outcome.kind !== 'unknown') forMs = 0;
      return await this.record(reply, outcome, () => write(outcome));
    } catch (error) {
      if (error instanceof LeaseLostError) await retryWrite(() => this.lateEdits.mark(message, forMs));
      throw error;
    }
  }

  private async record<T>(reply: OpenReply, outcome: SendOutcome, write: () => Promise<T>): Promise<T> {
    // Telegram's side of the send cannot be undone: without a record, the reply would be sent again.
    const recorded = await retryWrite(write);
    if (outcome.kind === 'limited') await this.gate.limited(reply.destination, outcome.retryAfterMs);
    return recorded;
  }

  private async whileHeld<T>(lost: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController();
    try {
      return await call(AbortSignal.any([lost, this.stopping.now, ended.signal]));
    } finally {
      // Detaches the composed signal from signals that outlive this call.
      ended.abort(WORK_ENDED);
    }
  }

  private triesOf(reply: OpenReply) {
    const { attempts, unknownSends, ageMs } = reply;
    return { attempts, unknownSends, ageMs };
  }
}

const afterRecord = (isWorkLeft: boolean): LaneOutcome | null => (isWorkLeft ? null : { next: 'none' });

function messageOf({ conversationId, channelMessageId }: Reply): ShownMessage | null {
  return channelMessageId === null
    ? null
    : { conversationId, channelMessageId: ChannelMessageId(channelMessageId) };
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
    chatId: destination.chatId,
    conversationId,
    ...(turnId !== null && { turnId }),
    replyId: String(id),
  };
}
